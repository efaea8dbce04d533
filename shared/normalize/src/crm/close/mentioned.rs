//! Activities about a change of another record: reads that record, as far as the activity contains it.

use crm_event::record::{Common, Company, Deal, Record, Task, User};
use crm_event::{FieldChange, Json};
use serde::Serialize;

use super::deals::status;
use super::{lead, related_lead};
use crate::changes;
use crate::error::Quarantine;
use crate::fields::{full_name, minor_units, reference, stage, task_status, word};
use crate::json::Object;

/// The record, its changes, and true if the record is partial.
type Mentioned<'a> = (Record<'a>, Vec<FieldChange<'a>>, bool);

/// The lead whose status changed.
pub(super) fn company<'a>(event: &Object<'a>, o: &Object<'a>) -> Result<Mentioned<'a>, Quarantine> {
    let id = match o.id("lead_id") {
        Some(id) => id,
        None => event.record_id("lead_id", "event.lead_id")?,
    };
    let (old, new) = (o.text("old_status_label"), o.text("new_status_label"));
    let changes = [
        change("stage", stage(o.id("old_status_id"), old.clone()), stage(o.id("new_status_id"), new.clone())),
        change("status", old, new.clone()),
    ];
    let company =
        Company { status: new.clone(), stage: stage(o.id("new_status_id"), new), ..Company::new(Common::new(id)) };
    Ok((company.into(), changes.into_iter().flatten().collect(), true))
}

/// The opportunity whose status changed. The activity has a user and a contact too, but they need not be the
/// opportunity's.
pub(super) fn deal<'a>(o: &Object<'a>) -> Result<Mentioned<'a>, Quarantine> {
    let id = o.record_id("opportunity_id", "event.data.opportunity_id")?;
    let stage_of = |id, label| stage(o.id(id), o.text(label));
    let pipeline = stage_of("new_pipeline_id", "new_pipeline_name");
    let (old_stage, new_stage) =
        (stage_of("old_status_id", "old_status_label"), stage_of("new_status_id", "new_status_label"));
    let (old_status, new_status) = (o.text("old_status_type").map(status), o.text("new_status_type").map(status));
    let old_pipeline = stage_of("old_pipeline_id", "old_pipeline_name");
    let changes = [
        change("stage", old_stage, new_stage.clone()),
        change_of_both("pipeline", old_pipeline, pipeline.clone()),
        change_of_both("status", old_status, new_status.clone()),
    ];
    let deal = Deal {
        amount: minor_units(o, "opportunity_value"),
        currency: o.text("opportunity_value_currency"),
        stage: new_stage,
        pipeline,
        status: new_status,
        probability: o.decimal("opportunity_confidence"),
        deal_type: o.text("opportunity_value_period").map(word),
        closed_date: o.date("opportunity_date_won"),
        company: lead(o),
        ..Deal::new(Common::new(id))
    };
    Ok((deal.into(), changes.into_iter().flatten().collect(), true))
}

/// The task that was completed, or reopened if the activity is deleted. The time of the completion is left out: events
/// with the whole task do not have it, so the next one would seem to clear it.
pub(super) fn task<'a>(o: &Object<'a>, is_completed: bool) -> Result<Mentioned<'a>, Quarantine> {
    let id = o.record_id("task_id", "event.data.task_id")?;
    let task = Task {
        name: o.text("task_text"),
        status: Some(task_status(is_completed)),
        is_completed: Some(is_completed),
        assignees: reference(o.id("task_assigned_to"), o.text("task_assigned_to_name")).into_iter().collect(),
        related_to: related_lead(o),
        ..Task::new(Common::new(id))
    };
    let changes = [change("is_completed", Some(!is_completed), Some(is_completed))];
    Ok((task.into(), changes.into_iter().flatten().collect(), true))
}

/// The user who joined the organization or left it.
pub(super) fn user<'a>(o: &Object<'a>) -> Result<Mentioned<'a>, Quarantine> {
    let id = o.record_id("user_id", "event.data.user_id")?;
    let (first_name, last_name) = (o.text("user_first_name"), o.text("user_last_name"));
    let user = User {
        name: o.text("user_full_name").or_else(|| full_name(first_name.as_ref(), last_name.as_ref())),
        email: o.text("user_email"),
        ..User::new(Common::new(id))
    };
    Ok((user.into(), Vec::new(), true))
}

/// The change of a field that may stay the same when the status changes. Without both values, nothing shows that it
/// changed.
fn change_of_both<'a, T: Serialize + PartialEq>(
    field: &'static str,
    from: Option<T>,
    to: Option<T>,
) -> Option<FieldChange<'a>> {
    if from.is_some() && to.is_some() { change(field, from, to) } else { None }
}

/// The change from one value to another; `None` if they are equal. A value that Close does not send is missing and not
/// `null`, because a status is never empty.
fn change<'a, T: Serialize + PartialEq>(
    field: &'static str,
    from: Option<T>,
    to: Option<T>,
) -> Option<FieldChange<'a>> {
    if from == to {
        return None;
    }
    let json = |value: Option<T>| value.and_then(|value| Json::of(&value).ok());
    Some(changes::change(field, json(from), json(to)))
}
