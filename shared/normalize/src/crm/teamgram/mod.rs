//! TeamGram.
//!
//! - Events and fields: <https://support.teamgram.com/knowledge-base/teamgram-webhooks-v1/>, checked 2026-11. The
//!   documentation has no sample bodies.
//! - Does not sign. HTTP Basic, with the user name and password of the end-point, is the only proof.
//! - Retries: none documented. A response other than HTTP 200 is recorded under Control Panel > Webhooks > Sending
//!   Failed. There is no delivery id.
//!
//! Times are UTC and usually lack the `Z`; empty fields are `null`. No body has the time of the event; a new or updated
//! record has its own time, a deleted one has none. If the documentation and the server differ, both forms are read:
//! the case of names, `ContactInfos` in the form of TeamGram's REST responses, and the undocumented entity `Proposal`.

mod contact_info;
mod custom_field;
mod people;
mod sales;

use std::borrow::Cow;

use crm_event::record::{Common, Record};
use crm_event::{Action, Actor, Entity, Ref, Stage, Text};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    AnswerForm, BodyForm, CatalogEntry, Change, PATIENT, SecretMembers, Target, Translation, Unknown, Vendor, Webhook,
};
use crate::error::Quarantine;
use crate::fields::{full_name, reference, stage, word};
use crate::json::Object;
use crate::scheme::Scheme;
use crate::time;

pub const VENDOR: Vendor = Vendor {
    name: "teamgram",
    title: "TeamGram",
    body_form: BodyForm::Object,
    syntaxes: &[],
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: &[Scheme::Basic, Scheme::Token],
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: &[],
    writes_local_times: false,
    has_opaque_field_ids: false,
    reads_request: false,
    secret_members: SecretMembers::NONE,
    log_members: &[],
    // All events of TeamGram are about a record, so this is a made-up one. It becomes `crm.unknown.received`.
    test_body: r#"{"EventEntity":"crm-events","EventAction":"Check"}"#,
    catalog: CATALOG,
    normalize: &normalize,
};

/// The events, by `EventEntity` and `EventAction` joined with a point.
const CATALOG: &[CatalogEntry] = &[
    CatalogEntry::event("Individual.New", Entity::Contact, Action::Created),
    CatalogEntry::event("Individual.Update", Entity::Contact, Action::Updated),
    CatalogEntry::event("Individual.Delete", Entity::Contact, Action::Deleted),
    CatalogEntry::event("Party.New", Entity::Company, Action::Created),
    CatalogEntry::event("Party.Update", Entity::Company, Action::Updated),
    CatalogEntry::event("Party.Delete", Entity::Company, Action::Deleted),
    CatalogEntry::event("Lead.New", Entity::Lead, Action::Created),
    CatalogEntry::event("Lead.Update", Entity::Lead, Action::Updated),
    CatalogEntry::event("Lead.Delete", Entity::Lead, Action::Deleted),
    CatalogEntry::event("Product.New", Entity::Product, Action::Created),
    CatalogEntry::event("Product.Update", Entity::Product, Action::Updated),
    CatalogEntry::event("Product.Delete", Entity::Product, Action::Deleted),
    CatalogEntry::event("Opportunity.New", Entity::Deal, Action::Created),
    CatalogEntry::event("Opportunity.Update", Entity::Deal, Action::Updated),
    CatalogEntry::event("Opportunity.Delete", Entity::Deal, Action::Deleted),
    CatalogEntry::event("Order.New", Entity::Order, Action::Created),
    CatalogEntry::event("Order.Update", Entity::Order, Action::Updated),
    CatalogEntry::event("Order.Delete", Entity::Order, Action::Deleted),
    // Sent, although not documented.
    CatalogEntry::event("Proposal.New", Entity::Quote, Action::Created),
    CatalogEntry::event("Proposal.Update", Entity::Quote, Action::Updated),
    CatalogEntry::event("Proposal.Delete", Entity::Quote, Action::Deleted),
];

const NO_EVENT_NAME: &str = "the body does not name its event: TeamGram's webhooks have \"EventEntity\" and \
     \"EventAction\" next to \"Data\"; find the other sender that posts to this URL";
const NO_DATA: &str = "expected the record as an object under \"Data\", next to \"EventEntity\" and \"EventAction\"";

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let (Some(event_entity), Some(event_action)) = (body.text("EventEntity"), body.text("EventAction")) else {
        return Err(Quarantine::no_event_name(NO_EVENT_NAME));
    };
    let data = body.object("Data");

    let Some(CatalogEntry { vendor_event, target: Target::Event(entity, action) }) = row(&event_entity, &event_action)
    else {
        let unknown = Unknown {
            vendor_event: Cow::Owned(format!("{event_entity}.{event_action}")),
            record_id: data.as_ref().and_then(|data| data.id("Id")),
            account: None,
            // A deleted record has the time of its last change, not of its deletion.
            occurred_at: data
                .filter(|_| !event_action.eq_ignore_ascii_case("Delete"))
                .and_then(|data| instant(&data, "ModifiedDate")),
        };
        return Ok(Translation::Unknown(unknown));
    };
    let data = data.ok_or_else(|| Quarantine::wrong_envelope(NO_DATA))?;
    let id = data.record_id("Id", "Data.Id")?;
    let common = common(id, &data);
    let change = Change {
        vendor_event: Cow::Borrowed(vendor_event),
        action: *action,
        action_detail: None,
        actor: actor(*action, &common),
        occurred_at: occurred_at(*action, &common),
        record: record(*entity, common, &data),
        account: None,
        partial: false,
        changes: Vec::new(),
    };
    Ok(change.into())
}

fn row(event_entity: &str, event_action: &str) -> Option<&'static CatalogEntry> {
    CATALOG.iter().find(|row| {
        row.vendor_event.split_once('.').is_some_and(|(entity, action)| {
            entity.eq_ignore_ascii_case(event_entity) && action.eq_ignore_ascii_case(event_action)
        })
    })
}

/// The entity of an `EventEntity` or a `ClassName`.
fn entity(class_name: &str) -> Option<Entity> {
    row(class_name, "New")?.target.event().map(|(entity, _)| entity)
}

fn record<'a>(entity: Entity, common: Common<'a>, o: &Object<'a>) -> Record<'a> {
    match entity {
        Entity::Company => Record::from(people::company(common, o)),
        Entity::Lead => Record::from(people::lead(common, o)),
        Entity::Product => Record::from(sales::product(common, o)),
        Entity::Deal => Record::from(sales::deal(common, o)),
        Entity::Order => Record::from(sales::order(common, o)),
        Entity::Quote => Record::from(sales::quote(common, o)),
        _ => Record::from(people::contact(common, o)),
    }
}

fn common<'a>(id: Text<'a>, o: &Object<'a>) -> Common<'a> {
    Common {
        created_at: instant(o, "EnteredDate"),
        updated_at: instant(o, "ModifiedDate"),
        created_by: user(o, "EnteredByIndividual"),
        updated_by: user(o, "ModifiedByIndividual"),
        owner: user(o, "Owner"),
        last_activity_at: instant(o, "LastActivityDate"),
        tags: o.texts("Tags"),
        custom_fields: custom_field::custom_fields(o),
        ..Common::new(id)
    }
}

/// The time of the change, from the record: its last change, or for a new record without one its creation. The time of
/// a deletion is not sent.
fn occurred_at(action: Action, common: &Common<'_>) -> Option<Timestamp> {
    match action {
        Action::Created => common.updated_at.or(common.created_at),
        Action::Updated => common.updated_at,
        _ => None,
    }
}

/// The user who made the change. The user who deleted a record is not sent.
fn actor<'a>(action: Action, common: &Common<'a>) -> Option<Actor<'a>> {
    let user = match action {
        Action::Created => common.created_by.as_ref().or(common.updated_by.as_ref()),
        Action::Updated => common.updated_by.as_ref(),
        _ => None,
    }?;
    Some(Actor {
        id: user.id.clone(),
        name: user.name.clone(),
        email: user.email.clone(),
        actor_type: Some(Cow::Borrowed("user")),
        ..Actor::default()
    })
}

/// An object of the vendor's type "user".
fn user<'a>(o: &Object<'a>, name: &str) -> Option<Ref<'a>> {
    let user = o.object(name)?;
    let reference = reference(user.id("Id"), user.text("DisplayName").or_else(|| person_name(&user)))?;
    Some(Ref { email: user.text("Email"), ..reference })
}

/// First and last name of a person, joined.
fn person_name<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    full_name(o.text("Name").as_ref(), o.text("LastName").as_ref())
}

/// A list of `{Id, Name}`: regions, relationship types.
fn named<'a>(o: &Object<'a>, name: &str) -> Vec<Stage<'a>> {
    o.objects(name).filter_map(|entry| stage(entry.id("Id"), entry.text("Name"))).collect()
}

/// The largest picture.
fn photo_url<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    let pictures = o.object("ProfilePictures")?;
    ["Original", "Large", "Medium", "Small"].into_iter().find_map(|size| pictures.text(size))
}

/// A text, or the name of the object if the server sends an object instead.
fn text_or_name<'a>(o: &Object<'a>, name: &str) -> Option<Text<'a>> {
    match o.any_object(name) {
        Some(object) => object.text("Name"),
        None => o.text(name),
    }
}

/// The word in `words` for a number of an enumeration; "" means "none". A number that is not on the list stays text. A
/// word instead of a number is used as it is.
fn enumerated<'a>(o: &Object<'a>, name: &str, words: &'static [&'static str]) -> Option<Text<'a>> {
    let text = text_or_name(o, name)?;
    let word = match text.parse::<i64>() {
        Ok(number) => {
            let known = usize::try_from(number).ok().and_then(|number| words.get(number));
            known.map_or(text, |word| Cow::Borrowed(*word))
        }
        Err(_) => snake_case(text),
    };
    let is_none = word.is_empty() || (word == "none" && words.contains(&""));
    (!is_none).then_some(word)
}

/// Converts a name of the vendor's code (`PhoneIn`) to a word (`phone_in`).
fn snake_case(name: Text<'_>) -> Text<'_> {
    let starts_word = |(before, c): (char, char)| before.is_ascii_lowercase() && c.is_ascii_uppercase();
    if !name.chars().zip(name.chars().skip(1)).any(starts_word) {
        return word(name);
    }
    let mut spaced = String::with_capacity(name.len().saturating_add(2));
    let mut before = ' ';
    for c in name.chars() {
        if starts_word((before, c)) {
            spaced.push('_');
        }
        spaced.push(c);
        before = c;
    }
    word(Cow::Owned(spaced))
}

/// An instant; `None` for an unset date.
fn instant(o: &Object<'_>, name: &str) -> Option<Timestamp> {
    o.time(name).filter(|instant| is_set(time::day(*instant)))
}

/// The day of a date and time; `None` for an unset date.
fn day(o: &Object<'_>, name: &str) -> Option<Date> {
    o.date(name).filter(|date| is_set(*date))
}

/// False for a date in year 1, .NET's value for an unset date.
fn is_set(date: Date) -> bool {
    date.year() > 1
}

/// True if a text that somebody may have typed is a date in the only unambiguous form: not `05.03.2024`, not
/// `03-05-2024`, not a number.
fn is_iso_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.get(4) == Some(&b'-') && bytes.iter().take(4).all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::{enumerated, snake_case};
    use crate::json::Object;

    #[test]
    fn enumerations_by_number_text_and_word() {
        let o = Object::parse(r#"{"a": 1, "b": "1", "c": 0, "d": 9, "e": "PhoneIn", "f": "None", "g": -1, "h": ""}"#);
        let o = o.expect("test JSON");
        let read = |name| enumerated(&o, name, &["", "email"]);
        assert_eq!(read("a").as_deref(), Some("email"));
        assert_eq!(read("b").as_deref(), Some("email"));
        assert_eq!(read("c"), None);
        assert_eq!(read("d").as_deref(), Some("9"));
        assert_eq!(read("e").as_deref(), Some("phone_in"));
        assert_eq!(read("f"), None);
        assert_eq!(read("g").as_deref(), Some("-1"));
        assert_eq!(read("h"), None);
    }

    #[test]
    fn names_of_code_become_words() {
        for (name, word) in [
            ("CompanyContact", "company_contact"),
            ("Customer", "customer"),
            ("web form", "web_form"),
            ("ÖzelDurum", "Özel_durum"),
            ("", ""),
        ] {
            assert_eq!(snake_case(name.into()), word);
        }
    }
}
