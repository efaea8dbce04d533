//! Tasks, time entries, projects.

use crm_event::Subtask;
use crm_event::record::{Common, Project, Record, Task, TimeEntry};

use super::billing::{Billing, billing};
use super::{Document, Fields};
use crate::fields::{reference, references, task_status, word};
use crate::json::Object;

const TASK_FIELDS: Fields = &[
    ("completed", "is_completed"),
    ("completedDate", "completed_at"),
    ("archived", "is_archived"),
    ("dueDate", "due_at"),
    ("plannedStart", "start_at"),
    ("plannedEnd", "end_at"),
    ("plannedTime", "planned_minutes"),
    ("projectId", "project"),
    ("contactId", "contact"),
    ("serviceId", "service"),
    ("listId", "list"),
    ("listOrder", "position"),
    ("userId", "assignees"),
    ("groupId", "group"),
    ("tagIds", "tags"),
    ("subscriberIds", "subscribers"),
    ("subTasks", "subtasks"),
    ("duplicateOf", "duplicate_of"),
    ("billable", "is_billable"),
    ("info.timeBillable", "billable_minutes"),
    ("info.timeNotBillable", "non_billable_minutes"),
    ("info.totalTime", "tracked_minutes"),
    ("info.remainingTime", "remaining_minutes"),
    ("info.costs", "total_cost"),
    ("info.revenue", "revenue"),
    ("info.profit", "profit"),
    ("info.scheduledStart", "scheduled_start_at"),
    ("info.scheduledEnd", "scheduled_end_at"),
];

const TIME_FIELDS: Fields = &[
    ("comment", "description"),
    ("start", "start_at"),
    ("end", "end_at"),
    ("duration", "duration_minutes"),
    ("taskId", "task"),
    ("cardId", "task"),
    ("projectId", "project"),
    ("contactId", "contact"),
    ("serviceId", "service"),
    ("listId", "list"),
    ("userId", "user"),
    ("hourlyRate", "rate"),
    ("costRate", "cost_rate"),
    ("costs", "total_cost"),
    ("billable", "is_billable"),
    ("billed", "is_billed"),
    ("locked", "is_billed"),
    ("archived", "is_archived"),
];

const PROJECT_FIELDS: Fields = &[
    ("individualId", "number"),
    ("briefing", "description"),
    ("completed", "is_completed"),
    ("completedDate", "completed_at"),
    ("archived", "is_archived"),
    ("dueDate", "due_at"),
    ("plannedStart", "start_at"),
    ("plannedEnd", "end_at"),
    ("contactId", "contact"),
    ("managerId", "owner"),
    ("listId", "list"),
    ("order", "position"),
];

pub(super) fn task<'a>(common: Common<'a>, doc: &Object<'a>) -> Document<'a> {
    // In the API's responses it contains the names and sums.
    let info = doc.object("info");
    let info = info.as_ref();
    let name = |field| info.and_then(|info| info.text(field));
    let sum = |field| info.and_then(|info| info.decimal(field));
    let is_completed = doc.bool("completed");
    let record = Record::from(Task {
        name: doc.text("name"),
        description: doc.text("description"),
        status: is_completed.map(task_status),
        is_completed,
        is_archived: doc.bool("archived"),
        start_at: doc.time("plannedStart"),
        end_at: doc.time("plannedEnd"),
        scheduled_start_at: info.and_then(|info| info.time("scheduledStart")),
        scheduled_end_at: info.and_then(|info| info.time("scheduledEnd")),
        due_at: doc.time("dueDate"),
        completed_at: doc.time("completedDate"),
        project: reference(doc.id("projectId"), name("projectName")),
        list: reference(doc.id("listId"), name("listName")),
        position: doc.decimal("listOrder"),
        assignees: reference(doc.id("userId"), name("userName")).into_iter().collect(),
        group: reference(doc.id("groupId"), None),
        subscribers: references(doc.ids("subscriberIds")),
        subtasks: doc.objects("subTasks").filter_map(|entry| subtask(&entry)).collect(),
        service: reference(doc.id("serviceId"), name("serviceName")),
        contact: reference(doc.id("contactId"), name("contactName")),
        duplicate_of: reference(doc.id("duplicateOf"), None),
        planned_minutes: doc.decimal("plannedTime"),
        tracked_minutes: sum("totalTime"),
        remaining_minutes: sum("remainingTime"),
        billable_minutes: sum("timeBillable"),
        non_billable_minutes: sum("timeNotBillable"),
        total_cost: sum("costs"),
        revenue: sum("revenue"),
        profit: sum("profit"),
        is_billable: doc.bool("billable"),
        ..Task::new(Common { tags: doc.ids("tagIds"), ..common })
    });
    Document { record, fields: TASK_FIELDS }
}

fn subtask<'a>(step: &Object<'a>) -> Option<Subtask<'a>> {
    let subtask =
        Subtask { name: step.text("title"), is_completed: step.bool("completed"), position: step.decimal("order") };
    (subtask != Subtask::default()).then_some(subtask)
}

pub(super) fn time_entry<'a>(common: Common<'a>, doc: &Object<'a>) -> Document<'a> {
    let record = Record::from(TimeEntry {
        description: doc.text("comment"),
        start_at: doc.time("start"),
        end_at: doc.time("end"),
        duration_minutes: doc.decimal("duration"),
        task: reference(doc.id("taskId").or_else(|| doc.id("cardId")), doc.text("taskName")),
        project: reference(doc.id("projectId"), doc.text("projectName")),
        contact: reference(doc.id("contactId"), doc.text("contactName")),
        user: reference(doc.id("userId"), doc.text("userName")),
        service: reference(doc.id("serviceId"), doc.text("serviceName")),
        list: reference(doc.id("listId"), None),
        entry_type: doc.text("type").map(word),
        is_billable: doc.bool("billable"),
        is_billed: doc.bool("billed").or_else(|| doc.bool("locked")),
        is_archived: doc.bool("archived"),
        rate: doc.decimal("hourlyRate"),
        cost_rate: doc.decimal("costRate"),
        total_cost: doc.decimal("costs"),
        revenue: doc.decimal("revenue"),
        profit: doc.decimal("profit"),
        ..TimeEntry::new(common)
    });
    Document { record, fields: TIME_FIELDS }
}

pub(super) fn project<'a>(common: Common<'a>, doc: &Object<'a>) -> Document<'a> {
    let is_completed = doc.bool("completed");
    let Billing { billing_type, rate, rates, budget_type, budget, budget_hours } = billing(doc);
    let record = Record::from(Project {
        name: doc.text("name"),
        number: doc.text("individualId"),
        description: doc.text("description").or_else(|| doc.text("briefing")),
        contact: reference(doc.id("contactId"), None),
        status: is_completed.map(task_status),
        is_completed,
        is_archived: doc.bool("archived"),
        start_at: doc.time("plannedStart"),
        end_at: doc.time("plannedEnd"),
        due_at: doc.time("dueDate"),
        completed_at: doc.time("completedDate"),
        list: reference(doc.id("listId"), None),
        position: doc.decimal("order"),
        billing_type,
        rate,
        rates,
        budget_type,
        budget,
        budget_hours,
        ..Project::new(Common { owner: reference(doc.id("managerId"), None), ..common })
    });
    Document { record, fields: PROJECT_FIELDS }
}
