// Made from event.schema.json by make schema.

export type Event =
  | ContactEvent
  | CompanyEvent
  | LeadEvent
  | DealEvent
  | ProductEvent
  | OrderEvent
  | TaskEvent
  | ProjectEvent
  | TimeEntryEvent
  | AppointmentEvent
  | CallEvent
  | NoteEvent
  | ActivityEvent
  | UserEvent
  | InvoiceEvent
  | QuoteEvent
  | PaymentEvent
  | FormResponseEvent
  | CustomObjectEvent
  | UnknownEvent;
/**
 * An event about a record of the entity `contact`.
 */
export type ContactEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.contact.created"
    | "crm.contact.updated"
    | "crm.contact.deleted"
    | "crm.contact.restored"
    | "crm.contact.archived"
    | "crm.contact.completed"
    | "crm.contact.reopened"
    | "crm.contact.stage_changed"
    | "crm.contact.status_changed"
    | "crm.contact.paid"
    | "crm.contact.received"
    | "crm.contact.started"
    | "crm.contact.stopped"
    | "crm.contact.answered"
    | "crm.contact.missed"
    | "crm.contact.ended"
    | "crm.contact.online"
    | "crm.contact.offline"
    | "crm.contact.added"
    | "crm.contact.removed"
    | "crm.contact.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:contact";
  data: ContactData;
};
export type TimeSource = "vendor" | "received";
/**
 * What happened to a record of the entity `contact`.
 */
export type ContactData = Data & {
  /**
   * The kind of record.
   */
  entity: "contact";
  record: Contact;
};
export type Action =
  | "created"
  | "updated"
  | "deleted"
  | "restored"
  | "archived"
  | "completed"
  | "reopened"
  | "stage_changed"
  | "status_changed"
  | "paid"
  | "received"
  | "started"
  | "stopped"
  | "answered"
  | "missed"
  | "ended"
  | "online"
  | "offline"
  | "added"
  | "removed"
  | "merged";
/**
 * Any JSON value.
 */
export type Json = string | number | boolean | {} | unknown[] | null;
export type DeletionReason = "merged" | "privacy";
export type Entity =
  | "contact"
  | "company"
  | "lead"
  | "deal"
  | "product"
  | "order"
  | "task"
  | "project"
  | "time_entry"
  | "appointment"
  | "call"
  | "note"
  | "activity"
  | "user"
  | "invoice"
  | "quote"
  | "payment"
  | "form_response"
  | "custom_object"
  | "unknown";
/**
 * A decimal number with the vendor's exact digits.
 */
export type Decimal = string;
/**
 * An event about a record of the entity `company`.
 */
export type CompanyEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.company.created"
    | "crm.company.updated"
    | "crm.company.deleted"
    | "crm.company.restored"
    | "crm.company.archived"
    | "crm.company.completed"
    | "crm.company.reopened"
    | "crm.company.stage_changed"
    | "crm.company.status_changed"
    | "crm.company.paid"
    | "crm.company.received"
    | "crm.company.started"
    | "crm.company.stopped"
    | "crm.company.answered"
    | "crm.company.missed"
    | "crm.company.ended"
    | "crm.company.online"
    | "crm.company.offline"
    | "crm.company.added"
    | "crm.company.removed"
    | "crm.company.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:company";
  data: CompanyData;
};
/**
 * What happened to a record of the entity `company`.
 */
export type CompanyData = Data & {
  /**
   * The kind of record.
   */
  entity: "company";
  record: Company;
};
/**
 * An event about a record of the entity `lead`.
 */
export type LeadEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.lead.created"
    | "crm.lead.updated"
    | "crm.lead.deleted"
    | "crm.lead.restored"
    | "crm.lead.archived"
    | "crm.lead.completed"
    | "crm.lead.reopened"
    | "crm.lead.stage_changed"
    | "crm.lead.status_changed"
    | "crm.lead.paid"
    | "crm.lead.received"
    | "crm.lead.started"
    | "crm.lead.stopped"
    | "crm.lead.answered"
    | "crm.lead.missed"
    | "crm.lead.ended"
    | "crm.lead.online"
    | "crm.lead.offline"
    | "crm.lead.added"
    | "crm.lead.removed"
    | "crm.lead.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:lead";
  data: LeadData;
};
/**
 * What happened to a record of the entity `lead`.
 */
export type LeadData = Data & {
  /**
   * The kind of record.
   */
  entity: "lead";
  record: Lead;
};
/**
 * An event about a record of the entity `deal`.
 */
export type DealEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.deal.created"
    | "crm.deal.updated"
    | "crm.deal.deleted"
    | "crm.deal.restored"
    | "crm.deal.archived"
    | "crm.deal.completed"
    | "crm.deal.reopened"
    | "crm.deal.stage_changed"
    | "crm.deal.status_changed"
    | "crm.deal.paid"
    | "crm.deal.received"
    | "crm.deal.started"
    | "crm.deal.stopped"
    | "crm.deal.answered"
    | "crm.deal.missed"
    | "crm.deal.ended"
    | "crm.deal.online"
    | "crm.deal.offline"
    | "crm.deal.added"
    | "crm.deal.removed"
    | "crm.deal.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:deal";
  data: DealData;
};
/**
 * What happened to a record of the entity `deal`.
 */
export type DealData = Data & {
  /**
   * The kind of record.
   */
  entity: "deal";
  record: Deal;
};
/**
 * An event about a record of the entity `product`.
 */
export type ProductEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.product.created"
    | "crm.product.updated"
    | "crm.product.deleted"
    | "crm.product.restored"
    | "crm.product.archived"
    | "crm.product.completed"
    | "crm.product.reopened"
    | "crm.product.stage_changed"
    | "crm.product.status_changed"
    | "crm.product.paid"
    | "crm.product.received"
    | "crm.product.started"
    | "crm.product.stopped"
    | "crm.product.answered"
    | "crm.product.missed"
    | "crm.product.ended"
    | "crm.product.online"
    | "crm.product.offline"
    | "crm.product.added"
    | "crm.product.removed"
    | "crm.product.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:product";
  data: ProductData;
};
/**
 * What happened to a record of the entity `product`.
 */
export type ProductData = Data & {
  /**
   * The kind of record.
   */
  entity: "product";
  record: Product;
};
/**
 * An event about a record of the entity `order`.
 */
export type OrderEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.order.created"
    | "crm.order.updated"
    | "crm.order.deleted"
    | "crm.order.restored"
    | "crm.order.archived"
    | "crm.order.completed"
    | "crm.order.reopened"
    | "crm.order.stage_changed"
    | "crm.order.status_changed"
    | "crm.order.paid"
    | "crm.order.received"
    | "crm.order.started"
    | "crm.order.stopped"
    | "crm.order.answered"
    | "crm.order.missed"
    | "crm.order.ended"
    | "crm.order.online"
    | "crm.order.offline"
    | "crm.order.added"
    | "crm.order.removed"
    | "crm.order.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:order";
  data: OrderData;
};
/**
 * What happened to a record of the entity `order`.
 */
export type OrderData = Data & {
  /**
   * The kind of record.
   */
  entity: "order";
  record: Order;
};
/**
 * An event about a record of the entity `task`.
 */
export type TaskEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.task.created"
    | "crm.task.updated"
    | "crm.task.deleted"
    | "crm.task.restored"
    | "crm.task.archived"
    | "crm.task.completed"
    | "crm.task.reopened"
    | "crm.task.stage_changed"
    | "crm.task.status_changed"
    | "crm.task.paid"
    | "crm.task.received"
    | "crm.task.started"
    | "crm.task.stopped"
    | "crm.task.answered"
    | "crm.task.missed"
    | "crm.task.ended"
    | "crm.task.online"
    | "crm.task.offline"
    | "crm.task.added"
    | "crm.task.removed"
    | "crm.task.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:task";
  data: TaskData;
};
/**
 * What happened to a record of the entity `task`.
 */
export type TaskData = Data & {
  /**
   * The kind of record.
   */
  entity: "task";
  record: Task;
};
/**
 * An event about a record of the entity `project`.
 */
export type ProjectEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.project.created"
    | "crm.project.updated"
    | "crm.project.deleted"
    | "crm.project.restored"
    | "crm.project.archived"
    | "crm.project.completed"
    | "crm.project.reopened"
    | "crm.project.stage_changed"
    | "crm.project.status_changed"
    | "crm.project.paid"
    | "crm.project.received"
    | "crm.project.started"
    | "crm.project.stopped"
    | "crm.project.answered"
    | "crm.project.missed"
    | "crm.project.ended"
    | "crm.project.online"
    | "crm.project.offline"
    | "crm.project.added"
    | "crm.project.removed"
    | "crm.project.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:project";
  data: ProjectData;
};
/**
 * What happened to a record of the entity `project`.
 */
export type ProjectData = Data & {
  /**
   * The kind of record.
   */
  entity: "project";
  record: Project;
};
/**
 * An event about a record of the entity `time_entry`.
 */
export type TimeEntryEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.time_entry.created"
    | "crm.time_entry.updated"
    | "crm.time_entry.deleted"
    | "crm.time_entry.restored"
    | "crm.time_entry.archived"
    | "crm.time_entry.completed"
    | "crm.time_entry.reopened"
    | "crm.time_entry.stage_changed"
    | "crm.time_entry.status_changed"
    | "crm.time_entry.paid"
    | "crm.time_entry.received"
    | "crm.time_entry.started"
    | "crm.time_entry.stopped"
    | "crm.time_entry.answered"
    | "crm.time_entry.missed"
    | "crm.time_entry.ended"
    | "crm.time_entry.online"
    | "crm.time_entry.offline"
    | "crm.time_entry.added"
    | "crm.time_entry.removed"
    | "crm.time_entry.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:time_entry";
  data: TimeEntryData;
};
/**
 * What happened to a record of the entity `time_entry`.
 */
export type TimeEntryData = Data & {
  /**
   * The kind of record.
   */
  entity: "time_entry";
  record: TimeEntry;
};
/**
 * An event about a record of the entity `appointment`.
 */
export type AppointmentEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.appointment.created"
    | "crm.appointment.updated"
    | "crm.appointment.deleted"
    | "crm.appointment.restored"
    | "crm.appointment.archived"
    | "crm.appointment.completed"
    | "crm.appointment.reopened"
    | "crm.appointment.stage_changed"
    | "crm.appointment.status_changed"
    | "crm.appointment.paid"
    | "crm.appointment.received"
    | "crm.appointment.started"
    | "crm.appointment.stopped"
    | "crm.appointment.answered"
    | "crm.appointment.missed"
    | "crm.appointment.ended"
    | "crm.appointment.online"
    | "crm.appointment.offline"
    | "crm.appointment.added"
    | "crm.appointment.removed"
    | "crm.appointment.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:appointment";
  data: AppointmentData;
};
/**
 * What happened to a record of the entity `appointment`.
 */
export type AppointmentData = Data & {
  /**
   * The kind of record.
   */
  entity: "appointment";
  record: Appointment;
};
/**
 * An event about a record of the entity `call`.
 */
export type CallEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.call.created"
    | "crm.call.updated"
    | "crm.call.deleted"
    | "crm.call.restored"
    | "crm.call.archived"
    | "crm.call.completed"
    | "crm.call.reopened"
    | "crm.call.stage_changed"
    | "crm.call.status_changed"
    | "crm.call.paid"
    | "crm.call.received"
    | "crm.call.started"
    | "crm.call.stopped"
    | "crm.call.answered"
    | "crm.call.missed"
    | "crm.call.ended"
    | "crm.call.online"
    | "crm.call.offline"
    | "crm.call.added"
    | "crm.call.removed"
    | "crm.call.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:call";
  data: CallData;
};
/**
 * What happened to a record of the entity `call`.
 */
export type CallData = Data & {
  /**
   * The kind of record.
   */
  entity: "call";
  record: Call;
};
/**
 * An event about a record of the entity `note`.
 */
export type NoteEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.note.created"
    | "crm.note.updated"
    | "crm.note.deleted"
    | "crm.note.restored"
    | "crm.note.archived"
    | "crm.note.completed"
    | "crm.note.reopened"
    | "crm.note.stage_changed"
    | "crm.note.status_changed"
    | "crm.note.paid"
    | "crm.note.received"
    | "crm.note.started"
    | "crm.note.stopped"
    | "crm.note.answered"
    | "crm.note.missed"
    | "crm.note.ended"
    | "crm.note.online"
    | "crm.note.offline"
    | "crm.note.added"
    | "crm.note.removed"
    | "crm.note.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:note";
  data: NoteData;
};
/**
 * What happened to a record of the entity `note`.
 */
export type NoteData = Data & {
  /**
   * The kind of record.
   */
  entity: "note";
  record: Note;
};
/**
 * An event about a record of the entity `activity`.
 */
export type ActivityEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.activity.created"
    | "crm.activity.updated"
    | "crm.activity.deleted"
    | "crm.activity.restored"
    | "crm.activity.archived"
    | "crm.activity.completed"
    | "crm.activity.reopened"
    | "crm.activity.stage_changed"
    | "crm.activity.status_changed"
    | "crm.activity.paid"
    | "crm.activity.received"
    | "crm.activity.started"
    | "crm.activity.stopped"
    | "crm.activity.answered"
    | "crm.activity.missed"
    | "crm.activity.ended"
    | "crm.activity.online"
    | "crm.activity.offline"
    | "crm.activity.added"
    | "crm.activity.removed"
    | "crm.activity.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:activity";
  data: ActivityData;
};
/**
 * What happened to a record of the entity `activity`.
 */
export type ActivityData = Data & {
  /**
   * The kind of record.
   */
  entity: "activity";
  record: Activity;
};
/**
 * An event about a record of the entity `user`.
 */
export type UserEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.user.created"
    | "crm.user.updated"
    | "crm.user.deleted"
    | "crm.user.restored"
    | "crm.user.archived"
    | "crm.user.completed"
    | "crm.user.reopened"
    | "crm.user.stage_changed"
    | "crm.user.status_changed"
    | "crm.user.paid"
    | "crm.user.received"
    | "crm.user.started"
    | "crm.user.stopped"
    | "crm.user.answered"
    | "crm.user.missed"
    | "crm.user.ended"
    | "crm.user.online"
    | "crm.user.offline"
    | "crm.user.added"
    | "crm.user.removed"
    | "crm.user.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:user";
  data: UserData;
};
/**
 * What happened to a record of the entity `user`.
 */
export type UserData = Data & {
  /**
   * The kind of record.
   */
  entity: "user";
  record: User;
};
/**
 * An event about a record of the entity `invoice`.
 */
export type InvoiceEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.invoice.created"
    | "crm.invoice.updated"
    | "crm.invoice.deleted"
    | "crm.invoice.restored"
    | "crm.invoice.archived"
    | "crm.invoice.completed"
    | "crm.invoice.reopened"
    | "crm.invoice.stage_changed"
    | "crm.invoice.status_changed"
    | "crm.invoice.paid"
    | "crm.invoice.received"
    | "crm.invoice.started"
    | "crm.invoice.stopped"
    | "crm.invoice.answered"
    | "crm.invoice.missed"
    | "crm.invoice.ended"
    | "crm.invoice.online"
    | "crm.invoice.offline"
    | "crm.invoice.added"
    | "crm.invoice.removed"
    | "crm.invoice.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:invoice";
  data: InvoiceData;
};
/**
 * What happened to a record of the entity `invoice`.
 */
export type InvoiceData = Data & {
  /**
   * The kind of record.
   */
  entity: "invoice";
  record: Invoice;
};
/**
 * An event about a record of the entity `quote`.
 */
export type QuoteEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.quote.created"
    | "crm.quote.updated"
    | "crm.quote.deleted"
    | "crm.quote.restored"
    | "crm.quote.archived"
    | "crm.quote.completed"
    | "crm.quote.reopened"
    | "crm.quote.stage_changed"
    | "crm.quote.status_changed"
    | "crm.quote.paid"
    | "crm.quote.received"
    | "crm.quote.started"
    | "crm.quote.stopped"
    | "crm.quote.answered"
    | "crm.quote.missed"
    | "crm.quote.ended"
    | "crm.quote.online"
    | "crm.quote.offline"
    | "crm.quote.added"
    | "crm.quote.removed"
    | "crm.quote.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:quote";
  data: QuoteData;
};
/**
 * What happened to a record of the entity `quote`.
 */
export type QuoteData = Data & {
  /**
   * The kind of record.
   */
  entity: "quote";
  record: Quote;
};
/**
 * An event about a record of the entity `payment`.
 */
export type PaymentEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.payment.created"
    | "crm.payment.updated"
    | "crm.payment.deleted"
    | "crm.payment.restored"
    | "crm.payment.archived"
    | "crm.payment.completed"
    | "crm.payment.reopened"
    | "crm.payment.stage_changed"
    | "crm.payment.status_changed"
    | "crm.payment.paid"
    | "crm.payment.received"
    | "crm.payment.started"
    | "crm.payment.stopped"
    | "crm.payment.answered"
    | "crm.payment.missed"
    | "crm.payment.ended"
    | "crm.payment.online"
    | "crm.payment.offline"
    | "crm.payment.added"
    | "crm.payment.removed"
    | "crm.payment.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:payment";
  data: PaymentData;
};
/**
 * What happened to a record of the entity `payment`.
 */
export type PaymentData = Data & {
  /**
   * The kind of record.
   */
  entity: "payment";
  record: Payment;
};
/**
 * An event about a record of the entity `form_response`.
 */
export type FormResponseEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.form_response.created"
    | "crm.form_response.updated"
    | "crm.form_response.deleted"
    | "crm.form_response.restored"
    | "crm.form_response.archived"
    | "crm.form_response.completed"
    | "crm.form_response.reopened"
    | "crm.form_response.stage_changed"
    | "crm.form_response.status_changed"
    | "crm.form_response.paid"
    | "crm.form_response.received"
    | "crm.form_response.started"
    | "crm.form_response.stopped"
    | "crm.form_response.answered"
    | "crm.form_response.missed"
    | "crm.form_response.ended"
    | "crm.form_response.online"
    | "crm.form_response.offline"
    | "crm.form_response.added"
    | "crm.form_response.removed"
    | "crm.form_response.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:form_response";
  data: FormResponseData;
};
/**
 * What happened to a record of the entity `form_response`.
 */
export type FormResponseData = Data & {
  /**
   * The kind of record.
   */
  entity: "form_response";
  record: FormResponse;
};
/**
 * An event about a record of the entity `custom_object`.
 */
export type CustomObjectEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type:
    | "crm.custom_object.created"
    | "crm.custom_object.updated"
    | "crm.custom_object.deleted"
    | "crm.custom_object.restored"
    | "crm.custom_object.archived"
    | "crm.custom_object.completed"
    | "crm.custom_object.reopened"
    | "crm.custom_object.stage_changed"
    | "crm.custom_object.status_changed"
    | "crm.custom_object.paid"
    | "crm.custom_object.received"
    | "crm.custom_object.started"
    | "crm.custom_object.stopped"
    | "crm.custom_object.answered"
    | "crm.custom_object.missed"
    | "crm.custom_object.ended"
    | "crm.custom_object.online"
    | "crm.custom_object.offline"
    | "crm.custom_object.added"
    | "crm.custom_object.removed"
    | "crm.custom_object.merged";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:custom_object";
  data: CustomObjectData;
};
/**
 * What happened to a record of the entity `custom_object`.
 */
export type CustomObjectData = Data & {
  /**
   * The kind of record.
   */
  entity: "custom_object";
  record: CustomObject;
};
/**
 * An event about something that is not modelled.
 */
export type UnknownEvent = Envelope & {
  /**
   * `crm.{entity}.{action}`.
   */
  type: "crm.unknown.received";
  /**
   * The `$id` of the schema of `data`.
   */
  dataschema: "urn:crm-event:1:unknown";
  data: UnknownData;
};
/**
 * What happened to something that is not modelled.
 */
export type UnknownData = Data & {
  /**
   * The kind of record.
   */
  entity: "unknown";
};

/**
 * What every event has: the attributes of CloudEvents 1.0.
 */
export interface Envelope {
  /**
   * The version of CloudEvents.
   */
  specversion: "1.0";
  /**
   * The idempotency key: the same for every delivery of one change, and different for every other change.
   */
  id: string;
  /**
   * `crm://{vendor}/{account}`, percent-encoded.
   */
  source: string;
  /**
   * `{entity}/{record id}`; missing if the vendor names no record.
   */
  subject?: string;
  /**
   * The vendor's time of the change, or the time of receipt if the vendor gives none.
   */
  time: string;
  /**
   * The clock of `time`. Times of different clocks cannot be ordered: compare `time` only between events that both have `vendor`, and `recordedtime` otherwise.
   */
  timesource: TimeSource;
  /**
   * The media type of `data`.
   */
  datacontenttype: "application/json";
  /**
   * `{vendor}:{account}:{entity}:{record id}`. Events with the same key arrive in order.
   */
  partitionkey: string;
  /**
   * The time of receipt of the webhook.
   */
  recordedtime: string;
  /**
   * The [W3C trace context](https://www.w3.org/TR/trace-context/#traceparent-header) of the webhook's request.
   */
  traceparent?: string;
}
/**
 * What the data of every event has.
 */
export interface Data {
  /**
   * The vendor's name: one lowercase word.
   */
  vendor: string;
  /**
   * The customer account at the vendor. Record ids are unique only within an account.
   */
  account: string;
  /**
   * The vendor's name of the event.
   */
  vendor_event: string;
  /**
   * The kind of change.
   */
  action: Action;
  /**
   * True if `record` has only a part of the record, so that a missing field means nothing. If false, a missing field is empty.
   */
  partial: boolean;
  /**
   * Paths of fields that the vendor sent but that could not be read, with the vendor's names. `record` does not contain them, and `partial` is true. At most 50 paths.
   */
  unreadable?: string[];
  /**
   * The changed fields, if the vendor sends them.
   */
  changes?: FieldChange[];
  /**
   * For the action `merged`: the ids of the records that were merged into this one. They no longer exist.
   */
  merged_ids?: string[];
  /**
   * For the action `deleted`: the reason, if the vendor sends it.
   */
  deletion_reason?: DeletionReason;
  /**
   * For a record that was deleted by a merge: the id of the remaining record.
   */
  merged_into?: string;
  /**
   * The actor, if the vendor sends it.
   */
  actor?: Actor;
  /**
   * The vendor's JSON, byte for byte, without the vendor's secrets. If the vendor sends another format, it is that text as a string. Missing if the function leaves it out.
   */
  raw?: Json;
  /**
   * The media type of the text in `raw`, such as `text/xml`. Missing if `raw` is JSON itself.
   */
  raw_media_type?: string;
}
/**
 * One changed field.
 */
export interface FieldChange {
  /**
   * The canonical name of the field if there is one, or else the vendor's.
   */
  field: string;
  /**
   * The custom field's name, if `field` is an opaque id and a setting names it.
   */
  name?: string;
  /**
   * The old value in canonical form: `null` if the field was empty, missing if the vendor does not send it.
   */
  from?: Json;
  /**
   * The new value in canonical form: `null` if the field was cleared, missing if the vendor does not send it.
   */
  to?: Json;
}
/**
 * The user or system that caused an event.
 */
export interface Actor {
  id?: string;
  name?: string;
  email?: string;
  /**
   * Job title.
   */
  title?: string;
  phone_number?: string;
  language?: string;
  time_zone?: string;
  /**
   * `user` or `system`, or the vendor's word.
   */
  type?: string;
}
/**
 * A person.
 */
export interface Contact {
  /**
   * The vendor's own id.
   */
  id: string;
  /**
   * First and last name together.
   */
  name?: string;
  first_name?: string;
  last_name?: string;
  /**
   * The form of address: `Frau Dr.`.
   */
  salutation?: string;
  /**
   * Job title.
   */
  title?: string;
  department?: string;
  /**
   * `male`, `female`, or the vendor's word.
   */
  gender?: string;
  /**
   * The company that the person works for.
   */
  company?: Ref;
  emails?: Email[];
  phone_numbers?: Phone[];
  addresses?: Address[];
  websites?: Web[];
  social_links?: Web[];
  /**
   * Important days, including the birthday.
   */
  dates?: DateInfo[];
  lead_source?: string;
  lead_score?: Decimal;
  rating?: Decimal;
  status?: string;
  /**
   * Life-cycle stage.
   */
  stage?: Stage;
  subscription_status?: string;
  subscription_types?: string[];
  /**
   * Deliverability of e-mail to the person, in the vendor's word.
   */
  email_status?: string;
  email_bounces?: EmailBounce[];
  language?: string;
  time_zone?: string;
  birthday?: string;
  /**
   * National identity number.
   */
  identity_number?: string;
  do_not_disturb?: boolean;
  is_active?: boolean;
  is_archived?: boolean;
  photo_url?: string;
  description?: string;
  recent_note?: string;
  relationship_types?: Stage[];
  regions?: Stage[];
  territory?: Ref;
  /**
   * Every company that the person belongs to.
   */
  companies?: Ref[];
  /**
   * Users who work on the contact in addition to its owner.
   */
  collaborators?: Ref[];
  /**
   * Marketing lists and groups.
   */
  lists?: Ref[];
  campaign?: Ref;
  /**
   * Campaigns and their state for this person.
   */
  campaigns?: Campaign[];
  /**
   * UTM medium.
   */
  medium?: string;
  /**
   * UTM keyword.
   */
  keyword?: string;
  web_forms?: string[];
  active_sequences?: string[];
  completed_sequences?: string[];
  open_deals_amount?: Decimal;
  won_deals_amount?: Decimal;
  /**
   * The contact that this one was merged into.
   */
  merged_into?: Ref;
  is_deleted?: boolean;
  last_contacted_at?: string;
  last_contacted_mode?: string;
  last_chat_at?: string;
  last_called_at?: string;
  last_emailed_at?: string;
  /**
   * The last mail from the person.
   */
  last_email_received_at?: string;
  /**
   * The last mail of a campaign.
   */
  last_campaign_emailed_at?: string;
  /**
   * When a user of the CRM last opened the record.
   */
  last_viewed_at?: string;
  last_viewed_by?: Ref;
  last_activity_type?: string;
  next_activity_at?: string;
  first_contacted_at?: string;
  last_seen_at?: string;
  first_assigned_at?: string;
  last_assigned_at?: string;
  /**
   * Customer number.
   */
  number?: string;
  tax_number?: string;
  /**
   * How work is billed: `none`, `hourly_rate`, or the vendor's word.
   */
  billing_type?: string;
  /**
   * Money per hour.
   */
  rate?: Decimal;
  /**
   * Hourly rates of single users and services.
   */
  rates?: Rate[];
  /**
   * `none`, `hours`, `fees`, `hours_per_month`, `fees_per_month`, or the vendor's word.
   */
  budget_type?: string;
  /**
   * Money.
   */
  budget?: Decimal;
  budget_hours?: Decimal;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * A reference to another record or to a user of the CRM, with the data that the vendor includes. The record's own events have all of its data.
 */
export interface Ref {
  /**
   * The vendor's own id.
   */
  id?: string;
  name?: string;
  email?: string;
  /**
   * The entity that it refers to, if the field's name does not say it.
   */
  entity?: Entity;
  /**
   * For a customer: `company` or `person`.
   */
  kind?: string;
  phone_number?: string;
  /**
   * Customer number.
   */
  number?: string;
  tax_number?: string;
  website?: string;
  photo_url?: string;
  /**
   * For a user: the page on which others can book an appointment.
   */
  calendar_url?: string;
  /**
   * Job title of a user or person; for a company that a person works for, the person's job title there.
   */
  title?: string;
}
export interface Email {
  email?: string;
  /**
   * `work`, `personal`, ...: the vendor's word, in lower case.
   */
  type?: string;
  primary?: boolean;
  /**
   * True if the person has unsubscribed this address from e-mails.
   */
  is_unsubscribed?: boolean;
}
export interface Phone {
  /**
   * The number as sent by the vendor. No vendor documents a format.
   */
  number?: string;
  /**
   * `work`, `mobile`, ...: the vendor's word, in lower case.
   */
  type?: string;
  extension?: string;
  primary?: boolean;
}
export interface Address {
  line1?: string;
  city?: string;
  state?: string;
  postal_code?: string;
  country?: string;
  /**
   * ISO 3166-1, two letters, if the vendor sends it in addition to the name.
   */
  country_code?: string;
  type?: string;
  /**
   * The whole address as one text, if the vendor does not split it.
   */
  text?: string;
  /**
   * Degrees.
   */
  latitude?: Decimal;
  /**
   * Degrees.
   */
  longitude?: Decimal;
}
/**
 * A web site or a profile in a social network.
 */
export interface Web {
  url?: string;
  type?: string;
  /**
   * The name in the network, if the vendor stores it instead of the profile's URL.
   */
  username?: string;
}
/**
 * An important day of a person or company, such as a birthday or an anniversary.
 */
export interface DateInfo {
  date?: string;
  type?: string;
  description?: string;
}
/**
 * A stage or pipeline of a CRM, a category or a region. It has a name and usually an id.
 */
export interface Stage {
  id?: string;
  name?: string;
}
/**
 * An e-mail that could not be delivered.
 */
export interface EmailBounce {
  email?: string;
  /**
   * `hard_bounce`, `soft_bounce`, `spam`, or the vendor's word.
   */
  type?: string;
  bounced_at?: string;
  /**
   * The campaign that sent it.
   */
  campaign?: Ref;
}
/**
 * A marketing campaign and its state for this person.
 */
export interface Campaign {
  id?: string;
  name?: string;
  status?: string;
  started_at?: string;
  ended_at?: string;
  /**
   * The scope of the person's unsubscription: `current` for this campaign, or `all`.
   */
  unsubscribed_from?: string;
}
/**
 * The customer's price for an hour of one user's work or of one service.
 */
export interface Rate {
  user?: Ref;
  service?: Ref;
  /**
   * Money per hour.
   */
  rate?: Decimal;
  is_billable?: boolean;
}
/**
 * A field that the CRM's customer has added to the record.
 */
export interface CustomField {
  id?: string;
  name?: string;
  label?: string;
  type?: string;
  /**
   * The value in its own JSON type.
   */
  value?: Json;
}
/**
 * A company: an account, an organization, in one vendor also a private client.
 */
export interface Company {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  trading_name?: string;
  /**
   * `company` or `person`.
   */
  kind?: string;
  /**
   * Only if `kind` is `person`.
   */
  first_name?: string;
  /**
   * Only if `kind` is `person`.
   */
  last_name?: string;
  /**
   * Customer number.
   */
  number?: string;
  industry?: string;
  business_type?: string;
  number_of_employees?: string;
  annual_revenue?: Decimal;
  currency?: string;
  tax_number?: string;
  tax_office?: string;
  emails?: Email[];
  phone_numbers?: Phone[];
  addresses?: Address[];
  websites?: Web[];
  social_links?: Web[];
  dates?: DateInfo[];
  /**
   * The company that this one belongs to.
   */
  parent?: Ref;
  parent_owner?: Ref;
  parent_territory?: Ref;
  contacts?: Ref[];
  status?: string;
  stage?: Stage;
  lead_source?: string;
  lead_score?: Decimal;
  rating?: Decimal;
  language?: string;
  is_active?: boolean;
  is_archived?: boolean;
  photo_url?: string;
  description?: string;
  recent_note?: string;
  geo_locations?: GeoLocation[];
  relationship_types?: Stage[];
  regions?: Stage[];
  territory?: Ref;
  collaborators?: Ref[];
  lists?: Ref[];
  campaigns?: Campaign[];
  active_sequences?: string[];
  completed_sequences?: string[];
  open_deals_amount?: Decimal;
  won_deals_amount?: Decimal;
  /**
   * The company that this one was merged into.
   */
  merged_into?: Ref;
  is_deleted?: boolean;
  last_contacted_at?: string;
  last_contacted_mode?: string;
  last_chat_at?: string;
  last_called_at?: string;
  last_emailed_at?: string;
  /**
   * The last mail of a campaign.
   */
  last_campaign_emailed_at?: string;
  /**
   * When a user of the CRM last opened the record.
   */
  last_viewed_at?: string;
  last_viewed_by?: Ref;
  last_activity_type?: string;
  next_activity_at?: string;
  first_contacted_at?: string;
  first_assigned_at?: string;
  last_assigned_at?: string;
  /**
   * How work is billed: `none`, `hourly_rate`, or the vendor's word.
   */
  billing_type?: string;
  /**
   * Money per hour.
   */
  rate?: Decimal;
  /**
   * Hourly rates of single users and services.
   */
  rates?: Rate[];
  /**
   * `none`, `hours`, `fees`, `hours_per_month`, `fees_per_month`, or the vendor's word.
   */
  budget_type?: string;
  /**
   * Money.
   */
  budget?: Decimal;
  budget_hours?: Decimal;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
export interface GeoLocation {
  /**
   * Degrees.
   */
  latitude?: Decimal;
  /**
   * Degrees.
   */
  longitude?: Decimal;
  /**
   * The zoom level of the vendor's map.
   */
  zoom?: string;
  recorded_at?: string;
}
/**
 * A person or company that may become a customer.
 */
export interface Lead {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  first_name?: string;
  last_name?: string;
  /**
   * The subject of the lead.
   */
  subject?: string;
  /**
   * Job title.
   */
  title?: string;
  department?: string;
  company_name?: string;
  company?: Ref;
  industry?: string;
  number_of_employees?: string;
  annual_revenue?: Decimal;
  emails?: Email[];
  phone_numbers?: Phone[];
  addresses?: Address[];
  websites?: Web[];
  social_links?: Web[];
  dates?: DateInfo[];
  amount?: Decimal;
  currency?: string;
  stage?: Stage;
  status?: string;
  status_reason?: string;
  source?: string;
  /**
   * The vendor's own list entry for `source`, if its customer maintains that list.
   */
  source_id?: string;
  rating?: Decimal;
  score?: Decimal;
  /**
   * `hot`, `warm`, `cold`, or the vendor's word.
   */
  quality?: string;
  is_converted?: boolean;
  is_archived?: boolean;
  is_deleted?: boolean;
  is_active?: boolean;
  qualified_by?: Ref;
  qualified_at?: string;
  converted_at?: string;
  tax_number?: string;
  tax_office?: string;
  time_zone?: string;
  do_not_disturb?: boolean;
  photo_url?: string;
  description?: string;
  recent_note?: string;
  relationship_types?: Stage[];
  regions?: Stage[];
  territory?: Ref;
  collaborators?: Ref[];
  campaign?: Ref;
  medium?: string;
  keyword?: string;
  /**
   * The person that the lead is about, or became.
   */
  contact?: Ref;
  /**
   * The deal that the lead would become.
   */
  deal?: Ref;
  products?: Ref[];
  last_contacted_at?: string;
  last_contacted_mode?: string;
  last_chat_at?: string;
  last_seen_at?: string;
  first_contacted_at?: string;
  first_assigned_at?: string;
  last_assigned_at?: string;
  stage_changed_at?: string;
  expected_close_date?: string;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * A chance to sell: a deal, an opportunity.
 */
export interface Deal {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  number?: string;
  amount?: Decimal;
  /**
   * The vendor's name of the currency: usually ISO 4217, for one vendor a local name (`TL`).
   */
  currency?: string;
  /**
   * The amount times its probability, if the vendor computes it.
   */
  expected_amount?: Decimal;
  /**
   * The amount in the account's base currency.
   */
  base_amount?: Decimal;
  /**
   * The vendor's rate between the deal's currency and the base currency.
   */
  exchange_rate?: Decimal;
  /**
   * The actual amount of a won deal.
   */
  realized_amount?: Decimal;
  realized_currency?: string;
  profit?: Decimal;
  profit_currency?: string;
  total_cost?: Decimal;
  stage?: Stage;
  pipeline?: Stage;
  /**
   * `open`, `on_hold`, `won`, `lost`, `abandoned`, `cancelled`, or the vendor's word.
   */
  status?: string;
  /**
   * Percent.
   */
  probability?: Decimal;
  priority?: string;
  deal_type?: string;
  payment_status?: string;
  prediction?: string;
  expected_close_date?: string;
  /**
   * The day on which it was closed, if the vendor sends a day.
   */
  closed_date?: string;
  closed_at?: string;
  closed_by?: Ref;
  /**
   * The time at which it was won, if the vendor sends it in addition to `closed_at`.
   */
  won_at?: string;
  /**
   * The first time that it was won, where a deal may be won more than once.
   */
  first_won_at?: string;
  /**
   * When it was lost, where the vendor has a time for that apart from `closed_at`.
   */
  lost_at?: string;
  lost_reason?: string;
  /**
   * The vendor's own list entry for `lost_reason`.
   */
  lost_reason_id?: string;
  /**
   * A note about the reason.
   */
  lost_reason_note?: string;
  /**
   * The stage in which the deal was won.
   */
  won_from?: Stage;
  /**
   * The stage in which the deal was lost.
   */
  lost_from?: Stage;
  stage_changed_at?: string;
  company?: Ref;
  /**
   * The main contact person.
   */
  contact?: Ref;
  contacts?: Ref[];
  lead?: Ref;
  /**
   * The other records that the deal is linked to.
   */
  related?: Ref[];
  source?: string;
  /**
   * The vendor's own list entry for `source`.
   */
  source_id?: string;
  campaign?: Ref;
  line_items?: LineItem[];
  /**
   * The discount as entered, in the unit of `discount_type`.
   */
  discount?: Decimal;
  /**
   * `percent` or `amount`.
   */
  discount_type?: string;
  /**
   * The discount as an amount of money.
   */
  discount_amount?: Decimal;
  products?: Ref[];
  collaborators?: Ref[];
  territory?: Ref;
  relationship_types?: Stage[];
  regions?: Stage[];
  emails?: Email[];
  phone_numbers?: Phone[];
  addresses?: Address[];
  websites?: Web[];
  social_links?: Web[];
  dates?: DateInfo[];
  web_form?: string;
  active_sequences?: string[];
  completed_sequences?: string[];
  /**
   * The colour of the deal's card.
   */
  color?: string;
  /**
   * Days since the deal was created.
   */
  age_days?: Decimal;
  is_archived?: boolean;
  archived_at?: string;
  is_deleted?: boolean;
  description?: string;
  recent_note?: string;
  next_activity_at?: string;
  last_activity_type?: string;
  first_assigned_at?: string;
  last_assigned_at?: string;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * One line of a deal, an order, an invoice or a quote.
 */
export interface LineItem {
  id?: string;
  product?: Ref;
  /**
   * Stock keeping unit of the product.
   */
  sku?: string;
  quantity?: Decimal;
  unit_price?: Decimal;
  total?: Decimal;
  currency?: string;
  description?: string;
  /**
   * Percent.
   */
  tax_rate?: Decimal;
  discount?: Decimal;
  /**
   * `percent` or `amount`.
   */
  discount_type?: string;
  unit?: string;
  unit_cost?: Decimal;
  unit_cost_currency?: string;
  setup_fee?: Decimal;
  billing_type?: string;
  /**
   * The billing cycle of a recurring payment.
   */
  billing_cycle?: string;
}
/**
 * Something that is sold.
 */
export interface Product {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  display_name?: string;
  brand?: string;
  model?: string;
  /**
   * The seller's own code, if there is one in addition to `sku`.
   */
  code?: string;
  sku?: string;
  price?: Decimal;
  currency?: string;
  purchase_price?: Decimal;
  purchase_currency?: string;
  /**
   * Percent.
   */
  tax_rate?: Decimal;
  unit?: string;
  inventory_quantity?: Decimal;
  category?: Stage;
  pricing_type?: string;
  /**
   * One price per currency, if the vendor has several.
   */
  prices?: LineItem[];
  valid_until?: string;
  is_active?: boolean;
  is_deleted?: boolean;
  photo_url?: string;
  description?: string;
  parent?: Ref;
  territory?: Ref;
  relationship_types?: Stage[];
  regions?: Stage[];
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * An order of a customer.
 */
export interface Order {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  display_name?: string;
  customer?: Ref;
  /**
   * The main contact person at the customer.
   */
  contact?: Ref;
  line_items?: LineItem[];
  /**
   * The total after discounts.
   */
  total?: Decimal;
  currency?: string;
  discount?: Decimal;
  /**
   * `percent` or `amount`.
   */
  discount_type?: string;
  deposit?: Decimal;
  /**
   * `none`, `exclusive` or `inclusive`.
   */
  tax_type?: string;
  profit?: Decimal;
  profit_currency?: string;
  total_cost?: Decimal;
  ordered_at?: string;
  scheduled_fulfillment_at?: string;
  fulfilled_at?: string;
  /**
   * `open`, `fulfilled`, `cancelled`, or the vendor's word.
   */
  status?: string;
  stage?: Stage;
  delivery_address?: string;
  billing_address?: string;
  phone_number?: string;
  /**
   * The other records that the order is linked to.
   */
  related?: Ref[];
  description?: string;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
export interface Task {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  description?: string;
  /**
   * `open`, `completed`, or the vendor's word.
   */
  status?: string;
  is_completed?: boolean;
  is_archived?: boolean;
  is_deleted?: boolean;
  priority?: string;
  start_at?: string;
  /**
   * The planned end.
   */
  end_at?: string;
  /**
   * The start that the vendor's scheduling computed, in addition to the one that a person planned.
   */
  scheduled_start_at?: string;
  scheduled_end_at?: string;
  due_at?: string;
  /**
   * The day on which it is due, where the vendor gives a day without a time.
   */
  due_date?: string;
  completed_at?: string;
  project?: Ref;
  /**
   * The list or board column of the task.
   */
  list?: Ref;
  /**
   * Its place in the list, ascending.
   */
  position?: Decimal;
  assignees?: Ref[];
  /**
   * The group of users that it is assigned to.
   */
  group?: Ref;
  /**
   * Users who are notified of changes.
   */
  subscribers?: Ref[];
  subtasks?: Subtask[];
  service?: Ref;
  /**
   * The vendor's kind of task.
   */
  type?: string;
  outcome?: string;
  related_to?: Ref;
  contact?: Ref;
  parent?: Ref;
  /**
   * The task that this one was copied from.
   */
  duplicate_of?: Ref;
  planned_minutes?: Decimal;
  tracked_minutes?: Decimal;
  remaining_minutes?: Decimal;
  billable_minutes?: Decimal;
  non_billable_minutes?: Decimal;
  total_cost?: Decimal;
  revenue?: Decimal;
  profit?: Decimal;
  is_billable?: boolean;
  number?: string;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * A step of a task.
 */
export interface Subtask {
  name?: string;
  is_completed?: boolean;
  /**
   * Its place in the list, ascending.
   */
  position?: Decimal;
}
export interface Project {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  number?: string;
  description?: string;
  contact?: Ref;
  company?: Ref;
  /**
   * Any other record that the project is linked with.
   */
  related?: Ref[];
  status?: string;
  status_changed_at?: string;
  is_completed?: boolean;
  is_archived?: boolean;
  is_billable?: boolean;
  start_at?: string;
  /**
   * The planned end.
   */
  end_at?: string;
  due_at?: string;
  completed_at?: string;
  /**
   * The list or board column of the project.
   */
  list?: Ref;
  /**
   * The board with that column.
   */
  board?: Ref;
  /**
   * Its place in the list, ascending.
   */
  position?: Decimal;
  /**
   * How work is billed: `none`, `hourly_rate`, or the vendor's word.
   */
  billing_type?: string;
  /**
   * Money per hour.
   */
  rate?: Decimal;
  /**
   * `none`, `hours`, `fees`, `hours_per_month`, `fees_per_month`, or the vendor's word.
   */
  budget_type?: string;
  /**
   * Money.
   */
  budget?: Decimal;
  budget_hours?: Decimal;
  /**
   * Hourly rates of single users and services.
   */
  rates?: Rate[];
  planned_minutes?: Decimal;
  tracked_minutes?: Decimal;
  members?: Ref[];
  color?: string;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * Time that somebody spent on something.
 */
export interface TimeEntry {
  /**
   * The vendor's own id.
   */
  id: string;
  description?: string;
  start_at?: string;
  /**
   * The end; missing while the timer is running.
   */
  end_at?: string;
  duration_minutes?: Decimal;
  task?: Ref;
  project?: Ref;
  contact?: Ref;
  user?: Ref;
  service?: Ref;
  list?: Ref;
  /**
   * The vendor's kind of time entry.
   */
  type?: string;
  is_billable?: boolean;
  is_billed?: boolean;
  is_archived?: boolean;
  /**
   * Money per hour.
   */
  rate?: Decimal;
  /**
   * The team's cost for an hour of the user's work.
   */
  cost_rate?: Decimal;
  total_cost?: Decimal;
  revenue?: Decimal;
  profit?: Decimal;
  currency?: string;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * A meeting.
 */
export interface Appointment {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  description?: string;
  location?: string;
  /**
   * Degrees.
   */
  latitude?: Decimal;
  /**
   * Degrees.
   */
  longitude?: Decimal;
  start_at?: string;
  end_at?: string;
  /**
   * The first day of an all-day appointment.
   */
  start_date?: string;
  /**
   * The last day of an all-day appointment.
   */
  end_date?: string;
  is_all_day?: boolean;
  time_zone?: string;
  /**
   * `upcoming`, `completed`, `canceled`, or the vendor's word.
   */
  status?: string;
  attendees?: Ref[];
  contact?: Ref;
  outcome?: string;
  checked_in_at?: string;
  related_to?: Ref;
  is_deleted?: boolean;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * A telephone call.
 */
export interface Call {
  /**
   * The vendor's own id.
   */
  id: string;
  /**
   * `inbound` or `outbound`.
   */
  direction?: string;
  /**
   * `ringing`, `active`, `missed`, `ended`, or the vendor's word.
   */
  state?: string;
  from?: string;
  to?: string;
  name?: string;
  description?: string;
  provider?: string;
  provider_call_id?: string;
  contact?: Ref;
  company?: Ref;
  user?: Ref;
  project?: Ref;
  related_to?: Ref;
  started_at?: string;
  answered_at?: string;
  ended_at?: string;
  duration_seconds?: Decimal;
  outcome?: string;
  recording_url?: string;
  cost?: Decimal;
  is_archived?: boolean;
  is_completed?: boolean;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
export interface Note {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  content?: string;
  related_to?: Ref;
  /**
   * The first of `contacts`.
   */
  contact?: Ref;
  contacts?: Ref[];
  call?: Ref;
  /**
   * The first of `users`.
   */
  user?: Ref;
  users?: Ref[];
  /**
   * The other records that the note is linked to.
   */
  related?: Ref[];
  is_archived?: boolean;
  is_pinned?: boolean;
  is_deleted?: boolean;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * Something that a salesperson did: an e-mail, a text message, or a kind that the CRM's customer has named.
 */
export interface Activity {
  /**
   * The vendor's own id.
   */
  id: string;
  type?: string;
  name?: string;
  description?: string;
  /**
   * A text for the CRM's users alone, beside a description that guests see.
   */
  note?: string;
  /**
   * `inbound` or `outbound`, of a message.
   */
  direction?: string;
  /**
   * `draft`, `sent`, or the vendor's word.
   */
  status?: string;
  /**
   * The sender of a message: an e-mail address or a telephone number.
   */
  from?: string;
  to?: string[];
  cc?: string[];
  bcc?: string[];
  contact?: Ref;
  location?: string;
  /**
   * Degrees.
   */
  latitude?: Decimal;
  /**
   * Degrees.
   */
  longitude?: Decimal;
  start_at?: string;
  end_at?: string;
  /**
   * The day for which it is planned.
   */
  due_date?: string;
  duration_minutes?: Decimal;
  is_completed?: boolean;
  priority?: string;
  conference_url?: string;
  /**
   * The owner is busy at that time.
   */
  is_busy?: boolean;
  attendees?: Ref[];
  checked_in_at?: string;
  completed_at?: string;
  outcome?: string;
  related_to?: Ref;
  deal?: Ref;
  lead?: Ref;
  project?: Ref;
  company?: Ref;
  is_deleted?: boolean;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * A user of the CRM.
 */
export interface User {
  /**
   * The vendor's own id.
   */
  id: string;
  name?: string;
  first_name?: string;
  last_name?: string;
  email?: string;
  /**
   * `online` or `offline`.
   */
  status?: string;
  team?: Ref;
  title?: string;
  language?: string;
  time_zone?: string;
  is_active?: boolean;
  phone_numbers?: Phone[];
  photo_url?: string;
  /**
   * The user's own entry among the contacts.
   */
  contact?: Ref;
  role?: Stage;
  /**
   * The team's cost for an hour of the user's work.
   */
  cost_rate?: Decimal;
  last_login_at?: string;
  /**
   * The currency that the user's new deals have.
   */
  currency?: string;
  /**
   * The task that the user is working on.
   */
  current_task?: Ref;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
export interface Invoice {
  /**
   * The vendor's own id.
   */
  id: string;
  number?: string;
  name?: string;
  company?: Ref;
  deal?: Ref;
  contact?: Ref;
  status?: string;
  total?: Decimal;
  currency?: string;
  due_date?: string;
  issued_at?: string;
  paid_at?: string;
  line_items?: LineItem[];
  description?: string;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * An offer to a customer: a quote, a quotation, a proposal, a CPQ document.
 */
export interface Quote {
  /**
   * The vendor's own id.
   */
  id: string;
  number?: string;
  name?: string;
  display_name?: string;
  document_type?: string;
  template?: Ref;
  /**
   * True for the main one of several quotes for a deal.
   */
  is_primary?: boolean;
  company?: Ref;
  deal?: Ref;
  contact?: Ref;
  status?: string;
  stage?: Stage;
  total?: Decimal;
  /**
   * The total in the account's base currency.
   */
  base_amount?: Decimal;
  currency?: string;
  discount?: Decimal;
  /**
   * `percent` or `amount`.
   */
  discount_type?: string;
  /**
   * `none`, `exclusive` or `inclusive`.
   */
  tax_type?: string;
  profit?: Decimal;
  profit_currency?: string;
  total_cost?: Decimal;
  due_date?: string;
  valid_until?: string;
  issued_at?: string;
  line_items?: LineItem[];
  delivery_address?: string;
  billing_address?: string;
  related?: Ref[];
  territory?: Ref;
  is_deleted?: boolean;
  description?: string;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * A received payment.
 */
export interface Payment {
  /**
   * The vendor's own id.
   */
  id: string;
  number?: string;
  amount?: Decimal;
  currency?: string;
  method?: string;
  status?: string;
  invoice?: Ref;
  company?: Ref;
  contact?: Ref;
  deal?: Ref;
  paid_at?: string;
  /**
   * The payer's or the bank's reference.
   */
  reference?: string;
  description?: string;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * A submitted form.
 */
export interface FormResponse {
  /**
   * The vendor's own id.
   */
  id: string;
  form?: Ref;
  fields?: FormField[];
  contact?: Ref;
  related_to?: Ref;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
/**
 * A field of a submitted form.
 */
export interface FormField {
  name?: string;
  value?: Json;
}
/**
 * A record of a kind that the CRM's customer has defined.
 */
export interface CustomObject {
  /**
   * The vendor's own id.
   */
  id: string;
  /**
   * The name of the kind.
   */
  object_name?: string;
  name?: string;
  status?: string;
  stage?: Stage;
  related_to?: Ref;
  recent_note?: string;
  is_deleted?: boolean;
  created_at?: string;
  updated_at?: string;
  created_by?: Ref;
  updated_by?: Ref;
  owner?: Ref;
  last_activity_at?: string;
  tags?: string[];
  custom_fields?: CustomField[];
  /**
   * The record's id in another system, as the CRM's customer keeps it.
   */
  external_id?: string;
  /**
   * The record's page in the CRM.
   */
  url?: string;
}
