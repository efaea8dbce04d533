//! Work: tasks, time, meetings, calls and notes; and records of custom kinds.

use jiff::Timestamp;
use jiff::civil::Date;

use super::record;
use crate::{Decimal, FormField, Rate, Ref, Stage, Subtask, Text};

record! {
    Task<'a> {
        name: Option<Text<'a>>,
        description: Option<Text<'a>>,
        /// `open`, `completed`, or the vendor's word.
        status: Option<Text<'a>>,
        is_completed: Option<bool>,
        is_archived: Option<bool>,
        is_deleted: Option<bool>,
        priority: Option<Text<'a>>,
        start_at: Option<Timestamp>,
        /// The planned end.
        end_at: Option<Timestamp>,
        /// The start that the vendor's scheduling computed, in addition to the one that a person planned.
        scheduled_start_at: Option<Timestamp>,
        scheduled_end_at: Option<Timestamp>,
        due_at: Option<Timestamp>,
        /// The day on which it is due, where the vendor gives a day without a time.
        due_date: Option<Date>,
        completed_at: Option<Timestamp>,
        project: Option<Ref<'a>>,
        /// The list or board column of the task.
        list: Option<Ref<'a>>,
        /// Its place in the list, ascending.
        position: Option<Decimal<'a>>,
        assignees: Vec<Ref<'a>>,
        /// The group of users that it is assigned to.
        group: Option<Ref<'a>>,
        /// Users who are notified of changes.
        subscribers: Vec<Ref<'a>>,
        subtasks: Vec<Subtask<'a>>,
        service: Option<Ref<'a>>,
        /// The vendor's kind of task.
        task_type as "type": Option<Text<'a>>,
        outcome: Option<Text<'a>>,
        related_to: Option<Ref<'a>>,
        contact: Option<Ref<'a>>,
        parent: Option<Ref<'a>>,
        /// The task that this one was copied from.
        duplicate_of: Option<Ref<'a>>,
        planned_minutes: Option<Decimal<'a>>,
        tracked_minutes: Option<Decimal<'a>>,
        remaining_minutes: Option<Decimal<'a>>,
        billable_minutes: Option<Decimal<'a>>,
        non_billable_minutes: Option<Decimal<'a>>,
        total_cost: Option<Decimal<'a>>,
        revenue: Option<Decimal<'a>>,
        profit: Option<Decimal<'a>>,
        is_billable: Option<bool>,
        number: Option<Text<'a>>,
    }
}

record! {
    Project<'a> {
        name: Option<Text<'a>>,
        number: Option<Text<'a>>,
        description: Option<Text<'a>>,
        contact: Option<Ref<'a>>,
        company: Option<Ref<'a>>,
        /// Any other record that the project is linked with.
        related: Vec<Ref<'a>>,
        status: Option<Text<'a>>,
        status_changed_at: Option<Timestamp>,
        is_completed: Option<bool>,
        is_archived: Option<bool>,
        is_billable: Option<bool>,
        start_at: Option<Timestamp>,
        /// The planned end.
        end_at: Option<Timestamp>,
        due_at: Option<Timestamp>,
        completed_at: Option<Timestamp>,
        /// The list or board column of the project.
        list: Option<Ref<'a>>,
        /// The board with that column.
        board: Option<Ref<'a>>,
        /// Its place in the list, ascending.
        position: Option<Decimal<'a>>,
        /// How work is billed: `none`, `hourly_rate`, or the vendor's word.
        billing_type: Option<Text<'a>>,
        /// Money per hour.
        rate: Option<Decimal<'a>>,
        /// `none`, `hours`, `fees`, `hours_per_month`, `fees_per_month`, or the vendor's word.
        budget_type: Option<Text<'a>>,
        /// Money.
        budget: Option<Decimal<'a>>,
        budget_hours: Option<Decimal<'a>>,
        /// Hourly rates of single users and services.
        rates: Vec<Rate<'a>>,
        planned_minutes: Option<Decimal<'a>>,
        tracked_minutes: Option<Decimal<'a>>,
        members: Vec<Ref<'a>>,
        color: Option<Text<'a>>,
    }
}

record! {
    /// Time that somebody spent on something.
    TimeEntry<'a> {
        description: Option<Text<'a>>,
        start_at: Option<Timestamp>,
        /// The end; missing while the timer is running.
        end_at: Option<Timestamp>,
        duration_minutes: Option<Decimal<'a>>,
        task: Option<Ref<'a>>,
        project: Option<Ref<'a>>,
        contact: Option<Ref<'a>>,
        user: Option<Ref<'a>>,
        service: Option<Ref<'a>>,
        list: Option<Ref<'a>>,
        /// The vendor's kind of time entry.
        entry_type as "type": Option<Text<'a>>,
        is_billable: Option<bool>,
        is_billed: Option<bool>,
        is_archived: Option<bool>,
        /// Money per hour.
        rate: Option<Decimal<'a>>,
        /// The team's cost for an hour of the user's work.
        cost_rate: Option<Decimal<'a>>,
        total_cost: Option<Decimal<'a>>,
        revenue: Option<Decimal<'a>>,
        profit: Option<Decimal<'a>>,
        currency: Option<Text<'a>>,
    }
}

record! {
    /// A meeting.
    Appointment<'a> {
        name: Option<Text<'a>>,
        description: Option<Text<'a>>,
        location: Option<Text<'a>>,
        /// Degrees.
        latitude: Option<Decimal<'a>>,
        /// Degrees.
        longitude: Option<Decimal<'a>>,
        start_at: Option<Timestamp>,
        end_at: Option<Timestamp>,
        /// The first day of an all-day appointment.
        start_date: Option<Date>,
        /// The last day of an all-day appointment.
        end_date: Option<Date>,
        is_all_day: Option<bool>,
        time_zone: Option<Text<'a>>,
        /// `upcoming`, `completed`, `canceled`, or the vendor's word.
        status: Option<Text<'a>>,
        attendees: Vec<Ref<'a>>,
        contact: Option<Ref<'a>>,
        outcome: Option<Text<'a>>,
        checked_in_at: Option<Timestamp>,
        related_to: Option<Ref<'a>>,
        is_deleted: Option<bool>,
    }
}

record! {
    /// A telephone call.
    Call<'a> {
        /// `inbound` or `outbound`.
        direction: Option<Text<'a>>,
        /// `ringing`, `active`, `missed`, `ended`, or the vendor's word.
        state: Option<Text<'a>>,
        from: Option<Text<'a>>,
        to: Option<Text<'a>>,
        name: Option<Text<'a>>,
        description: Option<Text<'a>>,
        provider: Option<Text<'a>>,
        provider_call_id: Option<Text<'a>>,
        contact: Option<Ref<'a>>,
        company: Option<Ref<'a>>,
        user: Option<Ref<'a>>,
        project: Option<Ref<'a>>,
        related_to: Option<Ref<'a>>,
        started_at: Option<Timestamp>,
        answered_at: Option<Timestamp>,
        ended_at: Option<Timestamp>,
        duration_seconds: Option<Decimal<'a>>,
        outcome: Option<Text<'a>>,
        recording_url: Option<Text<'a>>,
        cost: Option<Decimal<'a>>,
        is_archived: Option<bool>,
        is_completed: Option<bool>,
    }
}

record! {
    Note<'a> {
        name: Option<Text<'a>>,
        content: Option<Text<'a>>,
        related_to: Option<Ref<'a>>,
        /// The first of `contacts`.
        contact: Option<Ref<'a>>,
        contacts: Vec<Ref<'a>>,
        call: Option<Ref<'a>>,
        /// The first of `users`.
        user: Option<Ref<'a>>,
        users: Vec<Ref<'a>>,
        /// The other records that the note is linked to.
        related: Vec<Ref<'a>>,
        is_archived: Option<bool>,
        is_pinned: Option<bool>,
        is_deleted: Option<bool>,
    }
}

record! {
    /// Something that a salesperson did: an e-mail, a text message, or a kind that the CRM's customer has named.
    Activity<'a> {
        activity_type as "type": Option<Text<'a>>,
        name: Option<Text<'a>>,
        description: Option<Text<'a>>,
        /// A text for the CRM's users alone, beside a description that guests see.
        note: Option<Text<'a>>,
        /// `inbound` or `outbound`, of a message.
        direction: Option<Text<'a>>,
        /// `draft`, `sent`, or the vendor's word.
        status: Option<Text<'a>>,
        /// The sender of a message: an e-mail address or a telephone number.
        from: Option<Text<'a>>,
        to: Vec<Text<'a>>,
        cc: Vec<Text<'a>>,
        bcc: Vec<Text<'a>>,
        contact: Option<Ref<'a>>,
        location: Option<Text<'a>>,
        /// Degrees.
        latitude: Option<Decimal<'a>>,
        /// Degrees.
        longitude: Option<Decimal<'a>>,
        start_at: Option<Timestamp>,
        end_at: Option<Timestamp>,
        /// The day for which it is planned.
        due_date: Option<Date>,
        duration_minutes: Option<Decimal<'a>>,
        is_completed: Option<bool>,
        priority: Option<Text<'a>>,
        conference_url: Option<Text<'a>>,
        /// The owner is busy at that time.
        is_busy: Option<bool>,
        attendees: Vec<Ref<'a>>,
        checked_in_at: Option<Timestamp>,
        completed_at: Option<Timestamp>,
        outcome: Option<Text<'a>>,
        related_to: Option<Ref<'a>>,
        deal: Option<Ref<'a>>,
        lead: Option<Ref<'a>>,
        project: Option<Ref<'a>>,
        company: Option<Ref<'a>>,
        is_deleted: Option<bool>,
    }
}

record! {
    /// A submitted form.
    FormResponse<'a> {
        form: Option<Ref<'a>>,
        fields: Vec<FormField<'a>>,
        contact: Option<Ref<'a>>,
        related_to: Option<Ref<'a>>,
    }
}

record! {
    /// A record of a kind that the CRM's customer has defined.
    CustomObject<'a> {
        /// The name of the kind.
        object_name: Option<Text<'a>>,
        name: Option<Text<'a>>,
        status: Option<Text<'a>>,
        stage: Option<Stage<'a>>,
        related_to: Option<Ref<'a>>,
        recent_note: Option<Text<'a>>,
        is_deleted: Option<bool>,
    }
}
