# Made from event.schema.json by make schema.

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

DeletionReason: TypeAlias = Literal['merged', 'privacy']


TimeSource: TypeAlias = Literal['vendor', 'received']


Entity: TypeAlias = Literal['contact', 'company', 'lead', 'deal', 'product', 'order', 'task', 'project', 'time_entry', 'appointment', 'call', 'note', 'activity', 'user', 'invoice', 'quote', 'payment', 'form_response', 'custom_object', 'unknown']


Action: TypeAlias = Literal['created', 'updated', 'deleted', 'restored', 'archived', 'completed', 'reopened', 'stage_changed', 'status_changed', 'paid', 'received', 'started', 'stopped', 'answered', 'missed', 'ended', 'online', 'offline', 'added', 'removed', 'merged']


class Actor(TypedDict):
    """
    The user or system that caused an event.
    """

    id: NotRequired[str]
    name: NotRequired[str]
    email: NotRequired[str]
    title: NotRequired[str]
    """
    Job title.
    """
    phone_number: NotRequired[str]
    language: NotRequired[str]
    time_zone: NotRequired[str]
    type: NotRequired[str]
    """
    `user` or `system`, or the vendor's word.
    """


class Ref(TypedDict):
    """
    A reference to another record or to a user of the CRM, with the data that the vendor includes. The record's own events have all of its data.
    """

    id: NotRequired[str]
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    email: NotRequired[str]
    entity: NotRequired[Entity]
    """
    The entity that it refers to, if the field's name does not say it.
    """
    kind: NotRequired[str]
    """
    For a customer: `company` or `person`.
    """
    phone_number: NotRequired[str]
    number: NotRequired[str]
    """
    Customer number.
    """
    tax_number: NotRequired[str]
    website: NotRequired[str]
    photo_url: NotRequired[str]
    calendar_url: NotRequired[str]
    """
    For a user: the page on which others can book an appointment.
    """
    title: NotRequired[str]
    """
    Job title of a user or person; for a company that a person works for, the person's job title there.
    """


class Email(TypedDict):
    email: NotRequired[str]
    type: NotRequired[str]
    """
    `work`, `personal`, ...: the vendor's word, in lower case.
    """
    primary: NotRequired[bool]
    is_unsubscribed: NotRequired[bool]
    """
    True if the person has unsubscribed this address from e-mails.
    """


class Phone(TypedDict):
    number: NotRequired[str]
    """
    The number as sent by the vendor. No vendor documents a format.
    """
    type: NotRequired[str]
    """
    `work`, `mobile`, ...: the vendor's word, in lower case.
    """
    extension: NotRequired[str]
    primary: NotRequired[bool]


Decimal: TypeAlias = str
"""
A decimal number with the vendor's exact digits.
"""


class Web(TypedDict):
    """
    A web site or a profile in a social network.
    """

    url: NotRequired[str]
    type: NotRequired[str]
    username: NotRequired[str]
    """
    The name in the network, if the vendor stores it instead of the profile's URL.
    """


class DateInfo(TypedDict):
    """
    An important day of a person or company, such as a birthday or an anniversary.
    """

    date: NotRequired[str]
    type: NotRequired[str]
    description: NotRequired[str]


class Stage(TypedDict):
    """
    A stage or pipeline of a CRM, a category or a region. It has a name and usually an id.
    """

    id: NotRequired[str]
    name: NotRequired[str]


class EmailBounce(TypedDict):
    """
    An e-mail that could not be delivered.
    """

    email: NotRequired[str]
    type: NotRequired[str]
    """
    `hard_bounce`, `soft_bounce`, `spam`, or the vendor's word.
    """
    bounced_at: NotRequired[str]
    campaign: NotRequired[Ref]
    """
    The campaign that sent it.
    """


class Campaign(TypedDict):
    """
    A marketing campaign and its state for this person.
    """

    id: NotRequired[str]
    name: NotRequired[str]
    status: NotRequired[str]
    started_at: NotRequired[str]
    ended_at: NotRequired[str]
    unsubscribed_from: NotRequired[str]
    """
    The scope of the person's unsubscription: `current` for this campaign, or `all`.
    """


class Rate(TypedDict):
    """
    The customer's price for an hour of one user's work or of one service.
    """

    user: NotRequired[Ref]
    service: NotRequired[Ref]
    rate: NotRequired[Decimal]
    """
    Money per hour.
    """
    is_billable: NotRequired[bool]


Json: TypeAlias = str | float | bool | dict[str, Any] | list[Any] | None
"""
Any JSON value.
"""


class GeoLocation(TypedDict):
    latitude: NotRequired[Decimal]
    """
    Degrees.
    """
    longitude: NotRequired[Decimal]
    """
    Degrees.
    """
    zoom: NotRequired[str]
    """
    The zoom level of the vendor's map.
    """
    recorded_at: NotRequired[str]


class LineItem(TypedDict):
    """
    One line of a deal, an order, an invoice or a quote.
    """

    id: NotRequired[str]
    product: NotRequired[Ref]
    sku: NotRequired[str]
    """
    Stock keeping unit of the product.
    """
    quantity: NotRequired[Decimal]
    unit_price: NotRequired[Decimal]
    total: NotRequired[Decimal]
    currency: NotRequired[str]
    description: NotRequired[str]
    tax_rate: NotRequired[Decimal]
    """
    Percent.
    """
    discount: NotRequired[Decimal]
    discount_type: NotRequired[str]
    """
    `percent` or `amount`.
    """
    unit: NotRequired[str]
    unit_cost: NotRequired[Decimal]
    unit_cost_currency: NotRequired[str]
    setup_fee: NotRequired[Decimal]
    billing_type: NotRequired[str]
    billing_cycle: NotRequired[str]
    """
    The billing cycle of a recurring payment.
    """


class Subtask(TypedDict):
    """
    A step of a task.
    """

    name: NotRequired[str]
    is_completed: NotRequired[bool]
    position: NotRequired[Decimal]
    """
    Its place in the list, ascending.
    """


class FormField(TypedDict):
    """
    A field of a submitted form.
    """

    name: NotRequired[str]
    value: NotRequired[Json]


class Envelope(TypedDict):
    """
    What every event has: the attributes of CloudEvents 1.0.
    """

    specversion: Literal['1.0']
    """
    The version of CloudEvents.
    """
    id: str
    """
    The idempotency key: the same for every delivery of one change, and different for every other change.
    """
    source: str
    """
    `crm://{vendor}/{account}`, percent-encoded.
    """
    subject: NotRequired[str]
    """
    `{entity}/{record id}`; missing if the vendor names no record.
    """
    time: str
    """
    The vendor's time of the change, or the time of receipt if the vendor gives none.
    """
    timesource: TimeSource
    """
    The clock of `time`. Times of different clocks cannot be ordered: compare `time` only between events that both have `vendor`, and `recordedtime` otherwise.
    """
    datacontenttype: Literal['application/json']
    """
    The media type of `data`.
    """
    partitionkey: str
    """
    `{vendor}:{account}:{entity}:{record id}`. Events with the same key arrive in order.
    """
    recordedtime: str
    """
    The time of receipt of the webhook.
    """
    traceparent: NotRequired[str]
    """
    The [W3C trace context](https://www.w3.org/TR/trace-context/#traceparent-header) of the webhook's request.
    """


FieldChange = TypedDict(
    'FieldChange',
    {
        'field': str,
        'name': NotRequired[str],
        'from': NotRequired[Json],
        'to': NotRequired[Json],
    },
)


class Address(TypedDict):
    line1: NotRequired[str]
    city: NotRequired[str]
    state: NotRequired[str]
    postal_code: NotRequired[str]
    country: NotRequired[str]
    country_code: NotRequired[str]
    """
    ISO 3166-1, two letters, if the vendor sends it in addition to the name.
    """
    type: NotRequired[str]
    text: NotRequired[str]
    """
    The whole address as one text, if the vendor does not split it.
    """
    latitude: NotRequired[Decimal]
    """
    Degrees.
    """
    longitude: NotRequired[Decimal]
    """
    Degrees.
    """


class CustomField(TypedDict):
    """
    A field that the CRM's customer has added to the record.
    """

    id: NotRequired[str]
    name: NotRequired[str]
    label: NotRequired[str]
    type: NotRequired[str]
    value: NotRequired[Json]
    """
    The value in its own JSON type.
    """


class Company(TypedDict):
    """
    A company: an account, an organization, in one vendor also a private client.
    """

    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    trading_name: NotRequired[str]
    kind: NotRequired[str]
    """
    `company` or `person`.
    """
    first_name: NotRequired[str]
    """
    Only if `kind` is `person`.
    """
    last_name: NotRequired[str]
    """
    Only if `kind` is `person`.
    """
    number: NotRequired[str]
    """
    Customer number.
    """
    industry: NotRequired[str]
    business_type: NotRequired[str]
    number_of_employees: NotRequired[str]
    annual_revenue: NotRequired[Decimal]
    currency: NotRequired[str]
    tax_number: NotRequired[str]
    tax_office: NotRequired[str]
    emails: NotRequired[list[Email]]
    phone_numbers: NotRequired[list[Phone]]
    addresses: NotRequired[list[Address]]
    websites: NotRequired[list[Web]]
    social_links: NotRequired[list[Web]]
    dates: NotRequired[list[DateInfo]]
    parent: NotRequired[Ref]
    """
    The company that this one belongs to.
    """
    parent_owner: NotRequired[Ref]
    parent_territory: NotRequired[Ref]
    contacts: NotRequired[list[Ref]]
    status: NotRequired[str]
    stage: NotRequired[Stage]
    lead_source: NotRequired[str]
    lead_score: NotRequired[Decimal]
    rating: NotRequired[Decimal]
    language: NotRequired[str]
    is_active: NotRequired[bool]
    is_archived: NotRequired[bool]
    photo_url: NotRequired[str]
    description: NotRequired[str]
    recent_note: NotRequired[str]
    geo_locations: NotRequired[list[GeoLocation]]
    relationship_types: NotRequired[list[Stage]]
    regions: NotRequired[list[Stage]]
    territory: NotRequired[Ref]
    collaborators: NotRequired[list[Ref]]
    lists: NotRequired[list[Ref]]
    campaigns: NotRequired[list[Campaign]]
    active_sequences: NotRequired[list[str]]
    completed_sequences: NotRequired[list[str]]
    open_deals_amount: NotRequired[Decimal]
    won_deals_amount: NotRequired[Decimal]
    merged_into: NotRequired[Ref]
    """
    The company that this one was merged into.
    """
    is_deleted: NotRequired[bool]
    last_contacted_at: NotRequired[str]
    last_contacted_mode: NotRequired[str]
    last_chat_at: NotRequired[str]
    last_called_at: NotRequired[str]
    last_emailed_at: NotRequired[str]
    last_campaign_emailed_at: NotRequired[str]
    """
    The last mail of a campaign.
    """
    last_viewed_at: NotRequired[str]
    """
    When a user of the CRM last opened the record.
    """
    last_viewed_by: NotRequired[Ref]
    last_activity_type: NotRequired[str]
    next_activity_at: NotRequired[str]
    first_contacted_at: NotRequired[str]
    first_assigned_at: NotRequired[str]
    last_assigned_at: NotRequired[str]
    billing_type: NotRequired[str]
    """
    How work is billed: `none`, `hourly_rate`, or the vendor's word.
    """
    rate: NotRequired[Decimal]
    """
    Money per hour.
    """
    rates: NotRequired[list[Rate]]
    """
    Hourly rates of single users and services.
    """
    budget_type: NotRequired[str]
    """
    `none`, `hours`, `fees`, `hours_per_month`, `fees_per_month`, or the vendor's word.
    """
    budget: NotRequired[Decimal]
    """
    Money.
    """
    budget_hours: NotRequired[Decimal]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Lead(TypedDict):
    """
    A person or company that may become a customer.
    """

    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    first_name: NotRequired[str]
    last_name: NotRequired[str]
    subject: NotRequired[str]
    """
    The subject of the lead.
    """
    title: NotRequired[str]
    """
    Job title.
    """
    department: NotRequired[str]
    company_name: NotRequired[str]
    company: NotRequired[Ref]
    industry: NotRequired[str]
    number_of_employees: NotRequired[str]
    annual_revenue: NotRequired[Decimal]
    emails: NotRequired[list[Email]]
    phone_numbers: NotRequired[list[Phone]]
    addresses: NotRequired[list[Address]]
    websites: NotRequired[list[Web]]
    social_links: NotRequired[list[Web]]
    dates: NotRequired[list[DateInfo]]
    amount: NotRequired[Decimal]
    currency: NotRequired[str]
    stage: NotRequired[Stage]
    status: NotRequired[str]
    status_reason: NotRequired[str]
    source: NotRequired[str]
    source_id: NotRequired[str]
    """
    The vendor's own list entry for `source`, if its customer maintains that list.
    """
    rating: NotRequired[Decimal]
    score: NotRequired[Decimal]
    quality: NotRequired[str]
    """
    `hot`, `warm`, `cold`, or the vendor's word.
    """
    is_converted: NotRequired[bool]
    is_archived: NotRequired[bool]
    is_deleted: NotRequired[bool]
    is_active: NotRequired[bool]
    qualified_by: NotRequired[Ref]
    qualified_at: NotRequired[str]
    converted_at: NotRequired[str]
    tax_number: NotRequired[str]
    tax_office: NotRequired[str]
    time_zone: NotRequired[str]
    do_not_disturb: NotRequired[bool]
    photo_url: NotRequired[str]
    description: NotRequired[str]
    recent_note: NotRequired[str]
    relationship_types: NotRequired[list[Stage]]
    regions: NotRequired[list[Stage]]
    territory: NotRequired[Ref]
    collaborators: NotRequired[list[Ref]]
    campaign: NotRequired[Ref]
    medium: NotRequired[str]
    keyword: NotRequired[str]
    contact: NotRequired[Ref]
    """
    The person that the lead is about, or became.
    """
    deal: NotRequired[Ref]
    """
    The deal that the lead would become.
    """
    products: NotRequired[list[Ref]]
    last_contacted_at: NotRequired[str]
    last_contacted_mode: NotRequired[str]
    last_chat_at: NotRequired[str]
    last_seen_at: NotRequired[str]
    first_contacted_at: NotRequired[str]
    first_assigned_at: NotRequired[str]
    last_assigned_at: NotRequired[str]
    stage_changed_at: NotRequired[str]
    expected_close_date: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Deal(TypedDict):
    """
    A chance to sell: a deal, an opportunity.
    """

    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    number: NotRequired[str]
    amount: NotRequired[Decimal]
    currency: NotRequired[str]
    """
    The vendor's name of the currency: usually ISO 4217, for one vendor a local name (`TL`).
    """
    expected_amount: NotRequired[Decimal]
    """
    The amount times its probability, if the vendor computes it.
    """
    base_amount: NotRequired[Decimal]
    """
    The amount in the account's base currency.
    """
    exchange_rate: NotRequired[Decimal]
    """
    The vendor's rate between the deal's currency and the base currency.
    """
    realized_amount: NotRequired[Decimal]
    """
    The actual amount of a won deal.
    """
    realized_currency: NotRequired[str]
    profit: NotRequired[Decimal]
    profit_currency: NotRequired[str]
    total_cost: NotRequired[Decimal]
    stage: NotRequired[Stage]
    pipeline: NotRequired[Stage]
    status: NotRequired[str]
    """
    `open`, `on_hold`, `won`, `lost`, `abandoned`, `cancelled`, or the vendor's word.
    """
    probability: NotRequired[Decimal]
    """
    Percent.
    """
    priority: NotRequired[str]
    deal_type: NotRequired[str]
    payment_status: NotRequired[str]
    prediction: NotRequired[str]
    expected_close_date: NotRequired[str]
    closed_date: NotRequired[str]
    """
    The day on which it was closed, if the vendor sends a day.
    """
    closed_at: NotRequired[str]
    closed_by: NotRequired[Ref]
    won_at: NotRequired[str]
    """
    The time at which it was won, if the vendor sends it in addition to `closed_at`.
    """
    first_won_at: NotRequired[str]
    """
    The first time that it was won, where a deal may be won more than once.
    """
    lost_at: NotRequired[str]
    """
    When it was lost, where the vendor has a time for that apart from `closed_at`.
    """
    lost_reason: NotRequired[str]
    lost_reason_id: NotRequired[str]
    """
    The vendor's own list entry for `lost_reason`.
    """
    lost_reason_note: NotRequired[str]
    """
    A note about the reason.
    """
    won_from: NotRequired[Stage]
    """
    The stage in which the deal was won.
    """
    lost_from: NotRequired[Stage]
    """
    The stage in which the deal was lost.
    """
    stage_changed_at: NotRequired[str]
    company: NotRequired[Ref]
    contact: NotRequired[Ref]
    """
    The main contact person.
    """
    contacts: NotRequired[list[Ref]]
    lead: NotRequired[Ref]
    related: NotRequired[list[Ref]]
    """
    The other records that the deal is linked to.
    """
    source: NotRequired[str]
    source_id: NotRequired[str]
    """
    The vendor's own list entry for `source`.
    """
    campaign: NotRequired[Ref]
    line_items: NotRequired[list[LineItem]]
    discount: NotRequired[Decimal]
    """
    The discount as entered, in the unit of `discount_type`.
    """
    discount_type: NotRequired[str]
    """
    `percent` or `amount`.
    """
    discount_amount: NotRequired[Decimal]
    """
    The discount as an amount of money.
    """
    products: NotRequired[list[Ref]]
    collaborators: NotRequired[list[Ref]]
    territory: NotRequired[Ref]
    relationship_types: NotRequired[list[Stage]]
    regions: NotRequired[list[Stage]]
    emails: NotRequired[list[Email]]
    phone_numbers: NotRequired[list[Phone]]
    addresses: NotRequired[list[Address]]
    websites: NotRequired[list[Web]]
    social_links: NotRequired[list[Web]]
    dates: NotRequired[list[DateInfo]]
    web_form: NotRequired[str]
    active_sequences: NotRequired[list[str]]
    completed_sequences: NotRequired[list[str]]
    color: NotRequired[str]
    """
    The colour of the deal's card.
    """
    age_days: NotRequired[Decimal]
    """
    Days since the deal was created.
    """
    is_archived: NotRequired[bool]
    archived_at: NotRequired[str]
    is_deleted: NotRequired[bool]
    description: NotRequired[str]
    recent_note: NotRequired[str]
    next_activity_at: NotRequired[str]
    last_activity_type: NotRequired[str]
    first_assigned_at: NotRequired[str]
    last_assigned_at: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Product(TypedDict):
    """
    Something that is sold.
    """

    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    display_name: NotRequired[str]
    brand: NotRequired[str]
    model: NotRequired[str]
    code: NotRequired[str]
    """
    The seller's own code, if there is one in addition to `sku`.
    """
    sku: NotRequired[str]
    price: NotRequired[Decimal]
    currency: NotRequired[str]
    purchase_price: NotRequired[Decimal]
    purchase_currency: NotRequired[str]
    tax_rate: NotRequired[Decimal]
    """
    Percent.
    """
    unit: NotRequired[str]
    inventory_quantity: NotRequired[Decimal]
    category: NotRequired[Stage]
    pricing_type: NotRequired[str]
    prices: NotRequired[list[LineItem]]
    """
    One price per currency, if the vendor has several.
    """
    valid_until: NotRequired[str]
    is_active: NotRequired[bool]
    is_deleted: NotRequired[bool]
    photo_url: NotRequired[str]
    description: NotRequired[str]
    parent: NotRequired[Ref]
    territory: NotRequired[Ref]
    relationship_types: NotRequired[list[Stage]]
    regions: NotRequired[list[Stage]]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Order(TypedDict):
    """
    An order of a customer.
    """

    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    display_name: NotRequired[str]
    customer: NotRequired[Ref]
    contact: NotRequired[Ref]
    """
    The main contact person at the customer.
    """
    line_items: NotRequired[list[LineItem]]
    total: NotRequired[Decimal]
    """
    The total after discounts.
    """
    currency: NotRequired[str]
    discount: NotRequired[Decimal]
    discount_type: NotRequired[str]
    """
    `percent` or `amount`.
    """
    deposit: NotRequired[Decimal]
    tax_type: NotRequired[str]
    """
    `none`, `exclusive` or `inclusive`.
    """
    profit: NotRequired[Decimal]
    profit_currency: NotRequired[str]
    total_cost: NotRequired[Decimal]
    ordered_at: NotRequired[str]
    scheduled_fulfillment_at: NotRequired[str]
    fulfilled_at: NotRequired[str]
    status: NotRequired[str]
    """
    `open`, `fulfilled`, `cancelled`, or the vendor's word.
    """
    stage: NotRequired[Stage]
    delivery_address: NotRequired[str]
    billing_address: NotRequired[str]
    phone_number: NotRequired[str]
    related: NotRequired[list[Ref]]
    """
    The other records that the order is linked to.
    """
    description: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Task(TypedDict):
    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    description: NotRequired[str]
    status: NotRequired[str]
    """
    `open`, `completed`, or the vendor's word.
    """
    is_completed: NotRequired[bool]
    is_archived: NotRequired[bool]
    is_deleted: NotRequired[bool]
    priority: NotRequired[str]
    start_at: NotRequired[str]
    end_at: NotRequired[str]
    """
    The planned end.
    """
    scheduled_start_at: NotRequired[str]
    """
    The start that the vendor's scheduling computed, in addition to the one that a person planned.
    """
    scheduled_end_at: NotRequired[str]
    due_at: NotRequired[str]
    due_date: NotRequired[str]
    """
    The day on which it is due, where the vendor gives a day without a time.
    """
    completed_at: NotRequired[str]
    project: NotRequired[Ref]
    list: NotRequired[Ref]
    """
    The list or board column of the task.
    """
    position: NotRequired[Decimal]
    """
    Its place in the list, ascending.
    """
    assignees: NotRequired[list[Ref]]
    group: NotRequired[Ref]
    """
    The group of users that it is assigned to.
    """
    subscribers: NotRequired[list[Ref]]
    """
    Users who are notified of changes.
    """
    subtasks: NotRequired[list[Subtask]]
    service: NotRequired[Ref]
    type: NotRequired[str]
    """
    The vendor's kind of task.
    """
    outcome: NotRequired[str]
    related_to: NotRequired[Ref]
    contact: NotRequired[Ref]
    parent: NotRequired[Ref]
    duplicate_of: NotRequired[Ref]
    """
    The task that this one was copied from.
    """
    planned_minutes: NotRequired[Decimal]
    tracked_minutes: NotRequired[Decimal]
    remaining_minutes: NotRequired[Decimal]
    billable_minutes: NotRequired[Decimal]
    non_billable_minutes: NotRequired[Decimal]
    total_cost: NotRequired[Decimal]
    revenue: NotRequired[Decimal]
    profit: NotRequired[Decimal]
    is_billable: NotRequired[bool]
    number: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Project(TypedDict):
    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    number: NotRequired[str]
    description: NotRequired[str]
    contact: NotRequired[Ref]
    company: NotRequired[Ref]
    related: NotRequired[list[Ref]]
    """
    Any other record that the project is linked with.
    """
    status: NotRequired[str]
    status_changed_at: NotRequired[str]
    is_completed: NotRequired[bool]
    is_archived: NotRequired[bool]
    is_billable: NotRequired[bool]
    start_at: NotRequired[str]
    end_at: NotRequired[str]
    """
    The planned end.
    """
    due_at: NotRequired[str]
    completed_at: NotRequired[str]
    list: NotRequired[Ref]
    """
    The list or board column of the project.
    """
    board: NotRequired[Ref]
    """
    The board with that column.
    """
    position: NotRequired[Decimal]
    """
    Its place in the list, ascending.
    """
    billing_type: NotRequired[str]
    """
    How work is billed: `none`, `hourly_rate`, or the vendor's word.
    """
    rate: NotRequired[Decimal]
    """
    Money per hour.
    """
    budget_type: NotRequired[str]
    """
    `none`, `hours`, `fees`, `hours_per_month`, `fees_per_month`, or the vendor's word.
    """
    budget: NotRequired[Decimal]
    """
    Money.
    """
    budget_hours: NotRequired[Decimal]
    rates: NotRequired[list[Rate]]
    """
    Hourly rates of single users and services.
    """
    planned_minutes: NotRequired[Decimal]
    tracked_minutes: NotRequired[Decimal]
    members: NotRequired[list[Ref]]
    color: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class TimeEntry(TypedDict):
    """
    Time that somebody spent on something.
    """

    id: str
    """
    The vendor's own id.
    """
    description: NotRequired[str]
    start_at: NotRequired[str]
    end_at: NotRequired[str]
    """
    The end; missing while the timer is running.
    """
    duration_minutes: NotRequired[Decimal]
    task: NotRequired[Ref]
    project: NotRequired[Ref]
    contact: NotRequired[Ref]
    user: NotRequired[Ref]
    service: NotRequired[Ref]
    list: NotRequired[Ref]
    type: NotRequired[str]
    """
    The vendor's kind of time entry.
    """
    is_billable: NotRequired[bool]
    is_billed: NotRequired[bool]
    is_archived: NotRequired[bool]
    rate: NotRequired[Decimal]
    """
    Money per hour.
    """
    cost_rate: NotRequired[Decimal]
    """
    The team's cost for an hour of the user's work.
    """
    total_cost: NotRequired[Decimal]
    revenue: NotRequired[Decimal]
    profit: NotRequired[Decimal]
    currency: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Appointment(TypedDict):
    """
    A meeting.
    """

    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    description: NotRequired[str]
    location: NotRequired[str]
    latitude: NotRequired[Decimal]
    """
    Degrees.
    """
    longitude: NotRequired[Decimal]
    """
    Degrees.
    """
    start_at: NotRequired[str]
    end_at: NotRequired[str]
    start_date: NotRequired[str]
    """
    The first day of an all-day appointment.
    """
    end_date: NotRequired[str]
    """
    The last day of an all-day appointment.
    """
    is_all_day: NotRequired[bool]
    time_zone: NotRequired[str]
    status: NotRequired[str]
    """
    `upcoming`, `completed`, `canceled`, or the vendor's word.
    """
    attendees: NotRequired[list[Ref]]
    contact: NotRequired[Ref]
    outcome: NotRequired[str]
    checked_in_at: NotRequired[str]
    related_to: NotRequired[Ref]
    is_deleted: NotRequired[bool]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


Call = TypedDict(
    'Call',
    {
        'id': str,
        'direction': NotRequired[str],
        'state': NotRequired[str],
        'from': NotRequired[str],
        'to': NotRequired[str],
        'name': NotRequired[str],
        'description': NotRequired[str],
        'provider': NotRequired[str],
        'provider_call_id': NotRequired[str],
        'contact': NotRequired[Ref],
        'company': NotRequired[Ref],
        'user': NotRequired[Ref],
        'project': NotRequired[Ref],
        'related_to': NotRequired[Ref],
        'started_at': NotRequired[str],
        'answered_at': NotRequired[str],
        'ended_at': NotRequired[str],
        'duration_seconds': NotRequired[Decimal],
        'outcome': NotRequired[str],
        'recording_url': NotRequired[str],
        'cost': NotRequired[Decimal],
        'is_archived': NotRequired[bool],
        'is_completed': NotRequired[bool],
        'created_at': NotRequired[str],
        'updated_at': NotRequired[str],
        'created_by': NotRequired[Ref],
        'updated_by': NotRequired[Ref],
        'owner': NotRequired[Ref],
        'last_activity_at': NotRequired[str],
        'tags': NotRequired[list[str]],
        'custom_fields': NotRequired[list[CustomField]],
        'external_id': NotRequired[str],
        'url': NotRequired[str],
    },
)


class Note(TypedDict):
    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    content: NotRequired[str]
    related_to: NotRequired[Ref]
    contact: NotRequired[Ref]
    """
    The first of `contacts`.
    """
    contacts: NotRequired[list[Ref]]
    call: NotRequired[Ref]
    user: NotRequired[Ref]
    """
    The first of `users`.
    """
    users: NotRequired[list[Ref]]
    related: NotRequired[list[Ref]]
    """
    The other records that the note is linked to.
    """
    is_archived: NotRequired[bool]
    is_pinned: NotRequired[bool]
    is_deleted: NotRequired[bool]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


Activity = TypedDict(
    'Activity',
    {
        'id': str,
        'type': NotRequired[str],
        'name': NotRequired[str],
        'description': NotRequired[str],
        'note': NotRequired[str],
        'direction': NotRequired[str],
        'status': NotRequired[str],
        'from': NotRequired[str],
        'to': NotRequired[list[str]],
        'cc': NotRequired[list[str]],
        'bcc': NotRequired[list[str]],
        'contact': NotRequired[Ref],
        'location': NotRequired[str],
        'latitude': NotRequired[Decimal],
        'longitude': NotRequired[Decimal],
        'start_at': NotRequired[str],
        'end_at': NotRequired[str],
        'due_date': NotRequired[str],
        'duration_minutes': NotRequired[Decimal],
        'is_completed': NotRequired[bool],
        'priority': NotRequired[str],
        'conference_url': NotRequired[str],
        'is_busy': NotRequired[bool],
        'attendees': NotRequired[list[Ref]],
        'checked_in_at': NotRequired[str],
        'completed_at': NotRequired[str],
        'outcome': NotRequired[str],
        'related_to': NotRequired[Ref],
        'deal': NotRequired[Ref],
        'lead': NotRequired[Ref],
        'project': NotRequired[Ref],
        'company': NotRequired[Ref],
        'is_deleted': NotRequired[bool],
        'created_at': NotRequired[str],
        'updated_at': NotRequired[str],
        'created_by': NotRequired[Ref],
        'updated_by': NotRequired[Ref],
        'owner': NotRequired[Ref],
        'last_activity_at': NotRequired[str],
        'tags': NotRequired[list[str]],
        'custom_fields': NotRequired[list[CustomField]],
        'external_id': NotRequired[str],
        'url': NotRequired[str],
    },
)


class User(TypedDict):
    """
    A user of the CRM.
    """

    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    first_name: NotRequired[str]
    last_name: NotRequired[str]
    email: NotRequired[str]
    status: NotRequired[str]
    """
    `online` or `offline`.
    """
    team: NotRequired[Ref]
    title: NotRequired[str]
    language: NotRequired[str]
    time_zone: NotRequired[str]
    is_active: NotRequired[bool]
    phone_numbers: NotRequired[list[Phone]]
    photo_url: NotRequired[str]
    contact: NotRequired[Ref]
    """
    The user's own entry among the contacts.
    """
    role: NotRequired[Stage]
    cost_rate: NotRequired[Decimal]
    """
    The team's cost for an hour of the user's work.
    """
    last_login_at: NotRequired[str]
    currency: NotRequired[str]
    """
    The currency that the user's new deals have.
    """
    current_task: NotRequired[Ref]
    """
    The task that the user is working on.
    """
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Invoice(TypedDict):
    id: str
    """
    The vendor's own id.
    """
    number: NotRequired[str]
    name: NotRequired[str]
    company: NotRequired[Ref]
    deal: NotRequired[Ref]
    contact: NotRequired[Ref]
    status: NotRequired[str]
    total: NotRequired[Decimal]
    currency: NotRequired[str]
    due_date: NotRequired[str]
    issued_at: NotRequired[str]
    paid_at: NotRequired[str]
    line_items: NotRequired[list[LineItem]]
    description: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Quote(TypedDict):
    """
    An offer to a customer: a quote, a quotation, a proposal, a CPQ document.
    """

    id: str
    """
    The vendor's own id.
    """
    number: NotRequired[str]
    name: NotRequired[str]
    display_name: NotRequired[str]
    document_type: NotRequired[str]
    template: NotRequired[Ref]
    is_primary: NotRequired[bool]
    """
    True for the main one of several quotes for a deal.
    """
    company: NotRequired[Ref]
    deal: NotRequired[Ref]
    contact: NotRequired[Ref]
    status: NotRequired[str]
    stage: NotRequired[Stage]
    total: NotRequired[Decimal]
    base_amount: NotRequired[Decimal]
    """
    The total in the account's base currency.
    """
    currency: NotRequired[str]
    discount: NotRequired[Decimal]
    discount_type: NotRequired[str]
    """
    `percent` or `amount`.
    """
    tax_type: NotRequired[str]
    """
    `none`, `exclusive` or `inclusive`.
    """
    profit: NotRequired[Decimal]
    profit_currency: NotRequired[str]
    total_cost: NotRequired[Decimal]
    due_date: NotRequired[str]
    valid_until: NotRequired[str]
    issued_at: NotRequired[str]
    line_items: NotRequired[list[LineItem]]
    delivery_address: NotRequired[str]
    billing_address: NotRequired[str]
    related: NotRequired[list[Ref]]
    territory: NotRequired[Ref]
    is_deleted: NotRequired[bool]
    description: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Payment(TypedDict):
    """
    A received payment.
    """

    id: str
    """
    The vendor's own id.
    """
    number: NotRequired[str]
    amount: NotRequired[Decimal]
    currency: NotRequired[str]
    method: NotRequired[str]
    status: NotRequired[str]
    invoice: NotRequired[Ref]
    company: NotRequired[Ref]
    contact: NotRequired[Ref]
    deal: NotRequired[Ref]
    paid_at: NotRequired[str]
    reference: NotRequired[str]
    """
    The payer's or the bank's reference.
    """
    description: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class FormResponse(TypedDict):
    """
    A submitted form.
    """

    id: str
    """
    The vendor's own id.
    """
    form: NotRequired[Ref]
    fields: NotRequired[list[FormField]]
    contact: NotRequired[Ref]
    related_to: NotRequired[Ref]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Data(TypedDict):
    """
    What the data of every event has.
    """

    vendor: str
    """
    The vendor's name: one lowercase word.
    """
    account: str
    """
    The customer account at the vendor. Record ids are unique only within an account.
    """
    vendor_event: str
    """
    The vendor's name of the event.
    """
    action: Action
    """
    The kind of change.
    """
    partial: bool
    """
    True if `record` has only a part of the record, so that a missing field means nothing. If false, a missing field is empty.
    """
    unreadable: NotRequired[list[str]]
    """
    Paths of fields that the vendor sent but that could not be read, with the vendor's names. `record` does not contain them, and `partial` is true. At most 50 paths.
    """
    changes: NotRequired[list[FieldChange]]
    """
    The changed fields, if the vendor sends them.
    """
    merged_ids: NotRequired[list[str]]
    """
    For the action `merged`: the ids of the records that were merged into this one. They no longer exist.
    """
    deletion_reason: NotRequired[DeletionReason]
    """
    For the action `deleted`: the reason, if the vendor sends it.
    """
    merged_into: NotRequired[str]
    """
    For a record that was deleted by a merge: the id of the remaining record.
    """
    actor: NotRequired[Actor]
    """
    The actor, if the vendor sends it.
    """
    raw: NotRequired[Json]
    """
    The vendor's JSON, byte for byte, without the vendor's secrets. If the vendor sends another format, it is that text as a string. Missing if the function leaves it out.
    """
    raw_media_type: NotRequired[str]
    """
    The media type of the text in `raw`, such as `text/xml`. Missing if `raw` is JSON itself.
    """


class CustomObject(TypedDict):
    """
    A record of a kind that the CRM's customer has defined.
    """

    id: str
    """
    The vendor's own id.
    """
    object_name: NotRequired[str]
    """
    The name of the kind.
    """
    name: NotRequired[str]
    status: NotRequired[str]
    stage: NotRequired[Stage]
    related_to: NotRequired[Ref]
    recent_note: NotRequired[str]
    is_deleted: NotRequired[bool]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class Contact(TypedDict):
    """
    A person.
    """

    id: str
    """
    The vendor's own id.
    """
    name: NotRequired[str]
    """
    First and last name together.
    """
    first_name: NotRequired[str]
    last_name: NotRequired[str]
    salutation: NotRequired[str]
    """
    The form of address: `Frau Dr.`.
    """
    title: NotRequired[str]
    """
    Job title.
    """
    department: NotRequired[str]
    gender: NotRequired[str]
    """
    `male`, `female`, or the vendor's word.
    """
    company: NotRequired[Ref]
    """
    The company that the person works for.
    """
    emails: NotRequired[list[Email]]
    phone_numbers: NotRequired[list[Phone]]
    addresses: NotRequired[list[Address]]
    websites: NotRequired[list[Web]]
    social_links: NotRequired[list[Web]]
    dates: NotRequired[list[DateInfo]]
    """
    Important days, including the birthday.
    """
    lead_source: NotRequired[str]
    lead_score: NotRequired[Decimal]
    rating: NotRequired[Decimal]
    status: NotRequired[str]
    stage: NotRequired[Stage]
    """
    Life-cycle stage.
    """
    subscription_status: NotRequired[str]
    subscription_types: NotRequired[list[str]]
    email_status: NotRequired[str]
    """
    Deliverability of e-mail to the person, in the vendor's word.
    """
    email_bounces: NotRequired[list[EmailBounce]]
    language: NotRequired[str]
    time_zone: NotRequired[str]
    birthday: NotRequired[str]
    identity_number: NotRequired[str]
    """
    National identity number.
    """
    do_not_disturb: NotRequired[bool]
    is_active: NotRequired[bool]
    is_archived: NotRequired[bool]
    photo_url: NotRequired[str]
    description: NotRequired[str]
    recent_note: NotRequired[str]
    relationship_types: NotRequired[list[Stage]]
    regions: NotRequired[list[Stage]]
    territory: NotRequired[Ref]
    companies: NotRequired[list[Ref]]
    """
    Every company that the person belongs to.
    """
    collaborators: NotRequired[list[Ref]]
    """
    Users who work on the contact in addition to its owner.
    """
    lists: NotRequired[list[Ref]]
    """
    Marketing lists and groups.
    """
    campaign: NotRequired[Ref]
    campaigns: NotRequired[list[Campaign]]
    """
    Campaigns and their state for this person.
    """
    medium: NotRequired[str]
    """
    UTM medium.
    """
    keyword: NotRequired[str]
    """
    UTM keyword.
    """
    web_forms: NotRequired[list[str]]
    active_sequences: NotRequired[list[str]]
    completed_sequences: NotRequired[list[str]]
    open_deals_amount: NotRequired[Decimal]
    won_deals_amount: NotRequired[Decimal]
    merged_into: NotRequired[Ref]
    """
    The contact that this one was merged into.
    """
    is_deleted: NotRequired[bool]
    last_contacted_at: NotRequired[str]
    last_contacted_mode: NotRequired[str]
    last_chat_at: NotRequired[str]
    last_called_at: NotRequired[str]
    last_emailed_at: NotRequired[str]
    last_email_received_at: NotRequired[str]
    """
    The last mail from the person.
    """
    last_campaign_emailed_at: NotRequired[str]
    """
    The last mail of a campaign.
    """
    last_viewed_at: NotRequired[str]
    """
    When a user of the CRM last opened the record.
    """
    last_viewed_by: NotRequired[Ref]
    last_activity_type: NotRequired[str]
    next_activity_at: NotRequired[str]
    first_contacted_at: NotRequired[str]
    last_seen_at: NotRequired[str]
    first_assigned_at: NotRequired[str]
    last_assigned_at: NotRequired[str]
    number: NotRequired[str]
    """
    Customer number.
    """
    tax_number: NotRequired[str]
    billing_type: NotRequired[str]
    """
    How work is billed: `none`, `hourly_rate`, or the vendor's word.
    """
    rate: NotRequired[Decimal]
    """
    Money per hour.
    """
    rates: NotRequired[list[Rate]]
    """
    Hourly rates of single users and services.
    """
    budget_type: NotRequired[str]
    """
    `none`, `hours`, `fees`, `hours_per_month`, `fees_per_month`, or the vendor's word.
    """
    budget: NotRequired[Decimal]
    """
    Money.
    """
    budget_hours: NotRequired[Decimal]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    created_by: NotRequired[Ref]
    updated_by: NotRequired[Ref]
    owner: NotRequired[Ref]
    last_activity_at: NotRequired[str]
    tags: NotRequired[list[str]]
    custom_fields: NotRequired[list[CustomField]]
    external_id: NotRequired[str]
    """
    The record's id in another system, as the CRM's customer keeps it.
    """
    url: NotRequired[str]
    """
    The record's page in the CRM.
    """


class ContactData(Data):
    """
    What happened to a record of the entity `contact`.
    """

    entity: Literal['contact']
    """
    The kind of record.
    """
    record: Contact


class CompanyData(Data):
    """
    What happened to a record of the entity `company`.
    """

    entity: Literal['company']
    """
    The kind of record.
    """
    record: Company


class LeadData(Data):
    """
    What happened to a record of the entity `lead`.
    """

    entity: Literal['lead']
    """
    The kind of record.
    """
    record: Lead


class DealData(Data):
    """
    What happened to a record of the entity `deal`.
    """

    entity: Literal['deal']
    """
    The kind of record.
    """
    record: Deal


class ProductData(Data):
    """
    What happened to a record of the entity `product`.
    """

    entity: Literal['product']
    """
    The kind of record.
    """
    record: Product


class OrderData(Data):
    """
    What happened to a record of the entity `order`.
    """

    entity: Literal['order']
    """
    The kind of record.
    """
    record: Order


class TaskData(Data):
    """
    What happened to a record of the entity `task`.
    """

    entity: Literal['task']
    """
    The kind of record.
    """
    record: Task


class ProjectData(Data):
    """
    What happened to a record of the entity `project`.
    """

    entity: Literal['project']
    """
    The kind of record.
    """
    record: Project


class TimeEntryData(Data):
    """
    What happened to a record of the entity `time_entry`.
    """

    entity: Literal['time_entry']
    """
    The kind of record.
    """
    record: TimeEntry


class AppointmentData(Data):
    """
    What happened to a record of the entity `appointment`.
    """

    entity: Literal['appointment']
    """
    The kind of record.
    """
    record: Appointment


class CallData(Data):
    """
    What happened to a record of the entity `call`.
    """

    entity: Literal['call']
    """
    The kind of record.
    """
    record: Call


class NoteData(Data):
    """
    What happened to a record of the entity `note`.
    """

    entity: Literal['note']
    """
    The kind of record.
    """
    record: Note


class ActivityData(Data):
    """
    What happened to a record of the entity `activity`.
    """

    entity: Literal['activity']
    """
    The kind of record.
    """
    record: Activity


class UserData(Data):
    """
    What happened to a record of the entity `user`.
    """

    entity: Literal['user']
    """
    The kind of record.
    """
    record: User


class InvoiceData(Data):
    """
    What happened to a record of the entity `invoice`.
    """

    entity: Literal['invoice']
    """
    The kind of record.
    """
    record: Invoice


class QuoteData(Data):
    """
    What happened to a record of the entity `quote`.
    """

    entity: Literal['quote']
    """
    The kind of record.
    """
    record: Quote


class PaymentData(Data):
    """
    What happened to a record of the entity `payment`.
    """

    entity: Literal['payment']
    """
    The kind of record.
    """
    record: Payment


class FormResponseData(Data):
    """
    What happened to a record of the entity `form_response`.
    """

    entity: Literal['form_response']
    """
    The kind of record.
    """
    record: FormResponse


class CustomObjectData(Data):
    """
    What happened to a record of the entity `custom_object`.
    """

    entity: Literal['custom_object']
    """
    The kind of record.
    """
    record: CustomObject


class UnknownData(Data):
    """
    What happened to something that is not modelled.
    """

    entity: Literal['unknown']
    """
    The kind of record.
    """


class ContactEvent(Envelope):
    """
    An event about a record of the entity `contact`.
    """

    type: Literal['crm.contact.created', 'crm.contact.updated', 'crm.contact.deleted', 'crm.contact.restored', 'crm.contact.archived', 'crm.contact.completed', 'crm.contact.reopened', 'crm.contact.stage_changed', 'crm.contact.status_changed', 'crm.contact.paid', 'crm.contact.received', 'crm.contact.started', 'crm.contact.stopped', 'crm.contact.answered', 'crm.contact.missed', 'crm.contact.ended', 'crm.contact.online', 'crm.contact.offline', 'crm.contact.added', 'crm.contact.removed', 'crm.contact.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:contact']
    """
    The `$id` of the schema of `data`.
    """
    data: ContactData


class CompanyEvent(Envelope):
    """
    An event about a record of the entity `company`.
    """

    type: Literal['crm.company.created', 'crm.company.updated', 'crm.company.deleted', 'crm.company.restored', 'crm.company.archived', 'crm.company.completed', 'crm.company.reopened', 'crm.company.stage_changed', 'crm.company.status_changed', 'crm.company.paid', 'crm.company.received', 'crm.company.started', 'crm.company.stopped', 'crm.company.answered', 'crm.company.missed', 'crm.company.ended', 'crm.company.online', 'crm.company.offline', 'crm.company.added', 'crm.company.removed', 'crm.company.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:company']
    """
    The `$id` of the schema of `data`.
    """
    data: CompanyData


class LeadEvent(Envelope):
    """
    An event about a record of the entity `lead`.
    """

    type: Literal['crm.lead.created', 'crm.lead.updated', 'crm.lead.deleted', 'crm.lead.restored', 'crm.lead.archived', 'crm.lead.completed', 'crm.lead.reopened', 'crm.lead.stage_changed', 'crm.lead.status_changed', 'crm.lead.paid', 'crm.lead.received', 'crm.lead.started', 'crm.lead.stopped', 'crm.lead.answered', 'crm.lead.missed', 'crm.lead.ended', 'crm.lead.online', 'crm.lead.offline', 'crm.lead.added', 'crm.lead.removed', 'crm.lead.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:lead']
    """
    The `$id` of the schema of `data`.
    """
    data: LeadData


class DealEvent(Envelope):
    """
    An event about a record of the entity `deal`.
    """

    type: Literal['crm.deal.created', 'crm.deal.updated', 'crm.deal.deleted', 'crm.deal.restored', 'crm.deal.archived', 'crm.deal.completed', 'crm.deal.reopened', 'crm.deal.stage_changed', 'crm.deal.status_changed', 'crm.deal.paid', 'crm.deal.received', 'crm.deal.started', 'crm.deal.stopped', 'crm.deal.answered', 'crm.deal.missed', 'crm.deal.ended', 'crm.deal.online', 'crm.deal.offline', 'crm.deal.added', 'crm.deal.removed', 'crm.deal.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:deal']
    """
    The `$id` of the schema of `data`.
    """
    data: DealData


class ProductEvent(Envelope):
    """
    An event about a record of the entity `product`.
    """

    type: Literal['crm.product.created', 'crm.product.updated', 'crm.product.deleted', 'crm.product.restored', 'crm.product.archived', 'crm.product.completed', 'crm.product.reopened', 'crm.product.stage_changed', 'crm.product.status_changed', 'crm.product.paid', 'crm.product.received', 'crm.product.started', 'crm.product.stopped', 'crm.product.answered', 'crm.product.missed', 'crm.product.ended', 'crm.product.online', 'crm.product.offline', 'crm.product.added', 'crm.product.removed', 'crm.product.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:product']
    """
    The `$id` of the schema of `data`.
    """
    data: ProductData


class OrderEvent(Envelope):
    """
    An event about a record of the entity `order`.
    """

    type: Literal['crm.order.created', 'crm.order.updated', 'crm.order.deleted', 'crm.order.restored', 'crm.order.archived', 'crm.order.completed', 'crm.order.reopened', 'crm.order.stage_changed', 'crm.order.status_changed', 'crm.order.paid', 'crm.order.received', 'crm.order.started', 'crm.order.stopped', 'crm.order.answered', 'crm.order.missed', 'crm.order.ended', 'crm.order.online', 'crm.order.offline', 'crm.order.added', 'crm.order.removed', 'crm.order.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:order']
    """
    The `$id` of the schema of `data`.
    """
    data: OrderData


class TaskEvent(Envelope):
    """
    An event about a record of the entity `task`.
    """

    type: Literal['crm.task.created', 'crm.task.updated', 'crm.task.deleted', 'crm.task.restored', 'crm.task.archived', 'crm.task.completed', 'crm.task.reopened', 'crm.task.stage_changed', 'crm.task.status_changed', 'crm.task.paid', 'crm.task.received', 'crm.task.started', 'crm.task.stopped', 'crm.task.answered', 'crm.task.missed', 'crm.task.ended', 'crm.task.online', 'crm.task.offline', 'crm.task.added', 'crm.task.removed', 'crm.task.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:task']
    """
    The `$id` of the schema of `data`.
    """
    data: TaskData


class ProjectEvent(Envelope):
    """
    An event about a record of the entity `project`.
    """

    type: Literal['crm.project.created', 'crm.project.updated', 'crm.project.deleted', 'crm.project.restored', 'crm.project.archived', 'crm.project.completed', 'crm.project.reopened', 'crm.project.stage_changed', 'crm.project.status_changed', 'crm.project.paid', 'crm.project.received', 'crm.project.started', 'crm.project.stopped', 'crm.project.answered', 'crm.project.missed', 'crm.project.ended', 'crm.project.online', 'crm.project.offline', 'crm.project.added', 'crm.project.removed', 'crm.project.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:project']
    """
    The `$id` of the schema of `data`.
    """
    data: ProjectData


class TimeEntryEvent(Envelope):
    """
    An event about a record of the entity `time_entry`.
    """

    type: Literal['crm.time_entry.created', 'crm.time_entry.updated', 'crm.time_entry.deleted', 'crm.time_entry.restored', 'crm.time_entry.archived', 'crm.time_entry.completed', 'crm.time_entry.reopened', 'crm.time_entry.stage_changed', 'crm.time_entry.status_changed', 'crm.time_entry.paid', 'crm.time_entry.received', 'crm.time_entry.started', 'crm.time_entry.stopped', 'crm.time_entry.answered', 'crm.time_entry.missed', 'crm.time_entry.ended', 'crm.time_entry.online', 'crm.time_entry.offline', 'crm.time_entry.added', 'crm.time_entry.removed', 'crm.time_entry.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:time_entry']
    """
    The `$id` of the schema of `data`.
    """
    data: TimeEntryData


class AppointmentEvent(Envelope):
    """
    An event about a record of the entity `appointment`.
    """

    type: Literal['crm.appointment.created', 'crm.appointment.updated', 'crm.appointment.deleted', 'crm.appointment.restored', 'crm.appointment.archived', 'crm.appointment.completed', 'crm.appointment.reopened', 'crm.appointment.stage_changed', 'crm.appointment.status_changed', 'crm.appointment.paid', 'crm.appointment.received', 'crm.appointment.started', 'crm.appointment.stopped', 'crm.appointment.answered', 'crm.appointment.missed', 'crm.appointment.ended', 'crm.appointment.online', 'crm.appointment.offline', 'crm.appointment.added', 'crm.appointment.removed', 'crm.appointment.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:appointment']
    """
    The `$id` of the schema of `data`.
    """
    data: AppointmentData


class CallEvent(Envelope):
    """
    An event about a record of the entity `call`.
    """

    type: Literal['crm.call.created', 'crm.call.updated', 'crm.call.deleted', 'crm.call.restored', 'crm.call.archived', 'crm.call.completed', 'crm.call.reopened', 'crm.call.stage_changed', 'crm.call.status_changed', 'crm.call.paid', 'crm.call.received', 'crm.call.started', 'crm.call.stopped', 'crm.call.answered', 'crm.call.missed', 'crm.call.ended', 'crm.call.online', 'crm.call.offline', 'crm.call.added', 'crm.call.removed', 'crm.call.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:call']
    """
    The `$id` of the schema of `data`.
    """
    data: CallData


class NoteEvent(Envelope):
    """
    An event about a record of the entity `note`.
    """

    type: Literal['crm.note.created', 'crm.note.updated', 'crm.note.deleted', 'crm.note.restored', 'crm.note.archived', 'crm.note.completed', 'crm.note.reopened', 'crm.note.stage_changed', 'crm.note.status_changed', 'crm.note.paid', 'crm.note.received', 'crm.note.started', 'crm.note.stopped', 'crm.note.answered', 'crm.note.missed', 'crm.note.ended', 'crm.note.online', 'crm.note.offline', 'crm.note.added', 'crm.note.removed', 'crm.note.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:note']
    """
    The `$id` of the schema of `data`.
    """
    data: NoteData


class ActivityEvent(Envelope):
    """
    An event about a record of the entity `activity`.
    """

    type: Literal['crm.activity.created', 'crm.activity.updated', 'crm.activity.deleted', 'crm.activity.restored', 'crm.activity.archived', 'crm.activity.completed', 'crm.activity.reopened', 'crm.activity.stage_changed', 'crm.activity.status_changed', 'crm.activity.paid', 'crm.activity.received', 'crm.activity.started', 'crm.activity.stopped', 'crm.activity.answered', 'crm.activity.missed', 'crm.activity.ended', 'crm.activity.online', 'crm.activity.offline', 'crm.activity.added', 'crm.activity.removed', 'crm.activity.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:activity']
    """
    The `$id` of the schema of `data`.
    """
    data: ActivityData


class UserEvent(Envelope):
    """
    An event about a record of the entity `user`.
    """

    type: Literal['crm.user.created', 'crm.user.updated', 'crm.user.deleted', 'crm.user.restored', 'crm.user.archived', 'crm.user.completed', 'crm.user.reopened', 'crm.user.stage_changed', 'crm.user.status_changed', 'crm.user.paid', 'crm.user.received', 'crm.user.started', 'crm.user.stopped', 'crm.user.answered', 'crm.user.missed', 'crm.user.ended', 'crm.user.online', 'crm.user.offline', 'crm.user.added', 'crm.user.removed', 'crm.user.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:user']
    """
    The `$id` of the schema of `data`.
    """
    data: UserData


class InvoiceEvent(Envelope):
    """
    An event about a record of the entity `invoice`.
    """

    type: Literal['crm.invoice.created', 'crm.invoice.updated', 'crm.invoice.deleted', 'crm.invoice.restored', 'crm.invoice.archived', 'crm.invoice.completed', 'crm.invoice.reopened', 'crm.invoice.stage_changed', 'crm.invoice.status_changed', 'crm.invoice.paid', 'crm.invoice.received', 'crm.invoice.started', 'crm.invoice.stopped', 'crm.invoice.answered', 'crm.invoice.missed', 'crm.invoice.ended', 'crm.invoice.online', 'crm.invoice.offline', 'crm.invoice.added', 'crm.invoice.removed', 'crm.invoice.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:invoice']
    """
    The `$id` of the schema of `data`.
    """
    data: InvoiceData


class QuoteEvent(Envelope):
    """
    An event about a record of the entity `quote`.
    """

    type: Literal['crm.quote.created', 'crm.quote.updated', 'crm.quote.deleted', 'crm.quote.restored', 'crm.quote.archived', 'crm.quote.completed', 'crm.quote.reopened', 'crm.quote.stage_changed', 'crm.quote.status_changed', 'crm.quote.paid', 'crm.quote.received', 'crm.quote.started', 'crm.quote.stopped', 'crm.quote.answered', 'crm.quote.missed', 'crm.quote.ended', 'crm.quote.online', 'crm.quote.offline', 'crm.quote.added', 'crm.quote.removed', 'crm.quote.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:quote']
    """
    The `$id` of the schema of `data`.
    """
    data: QuoteData


class PaymentEvent(Envelope):
    """
    An event about a record of the entity `payment`.
    """

    type: Literal['crm.payment.created', 'crm.payment.updated', 'crm.payment.deleted', 'crm.payment.restored', 'crm.payment.archived', 'crm.payment.completed', 'crm.payment.reopened', 'crm.payment.stage_changed', 'crm.payment.status_changed', 'crm.payment.paid', 'crm.payment.received', 'crm.payment.started', 'crm.payment.stopped', 'crm.payment.answered', 'crm.payment.missed', 'crm.payment.ended', 'crm.payment.online', 'crm.payment.offline', 'crm.payment.added', 'crm.payment.removed', 'crm.payment.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:payment']
    """
    The `$id` of the schema of `data`.
    """
    data: PaymentData


class FormResponseEvent(Envelope):
    """
    An event about a record of the entity `form_response`.
    """

    type: Literal['crm.form_response.created', 'crm.form_response.updated', 'crm.form_response.deleted', 'crm.form_response.restored', 'crm.form_response.archived', 'crm.form_response.completed', 'crm.form_response.reopened', 'crm.form_response.stage_changed', 'crm.form_response.status_changed', 'crm.form_response.paid', 'crm.form_response.received', 'crm.form_response.started', 'crm.form_response.stopped', 'crm.form_response.answered', 'crm.form_response.missed', 'crm.form_response.ended', 'crm.form_response.online', 'crm.form_response.offline', 'crm.form_response.added', 'crm.form_response.removed', 'crm.form_response.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:form_response']
    """
    The `$id` of the schema of `data`.
    """
    data: FormResponseData


class CustomObjectEvent(Envelope):
    """
    An event about a record of the entity `custom_object`.
    """

    type: Literal['crm.custom_object.created', 'crm.custom_object.updated', 'crm.custom_object.deleted', 'crm.custom_object.restored', 'crm.custom_object.archived', 'crm.custom_object.completed', 'crm.custom_object.reopened', 'crm.custom_object.stage_changed', 'crm.custom_object.status_changed', 'crm.custom_object.paid', 'crm.custom_object.received', 'crm.custom_object.started', 'crm.custom_object.stopped', 'crm.custom_object.answered', 'crm.custom_object.missed', 'crm.custom_object.ended', 'crm.custom_object.online', 'crm.custom_object.offline', 'crm.custom_object.added', 'crm.custom_object.removed', 'crm.custom_object.merged']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:custom_object']
    """
    The `$id` of the schema of `data`.
    """
    data: CustomObjectData


class UnknownEvent(Envelope):
    """
    An event about something that is not modelled.
    """

    type: Literal['crm.unknown.received']
    """
    `crm.{entity}.{action}`.
    """
    dataschema: Literal['urn:crm-event:1:unknown']
    """
    The `$id` of the schema of `data`.
    """
    data: UnknownData


Event: TypeAlias = ContactEvent | CompanyEvent | LeadEvent | DealEvent | ProductEvent | OrderEvent | TaskEvent | ProjectEvent | TimeEntryEvent | AppointmentEvent | CallEvent | NoteEvent | ActivityEvent | UserEvent | InvoiceEvent | QuoteEvent | PaymentEvent | FormResponseEvent | CustomObjectEvent | UnknownEvent
