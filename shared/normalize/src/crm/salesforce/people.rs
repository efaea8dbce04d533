//! The members of accounts, contacts, leads and users.

use std::borrow::Cow;

use crm_event::record::{Company, Contact, Lead, User};
use crm_event::{DateInfo, EmailBounce, Text};

use super::ids::link;
use super::records::RAW_ONLY;
use crate::field_tables::rows;
use crate::fields::{stage, web};
use crate::json::{Object, Value};

const BILLING: Option<&str> = Some("billing");
const SHIPPING: Option<&str> = Some("shipping");
const MAILING: Option<&str> = Some("mailing");
const OTHER: Option<&str> = Some("other");

rows!(CONTACT: Contact = [
    ("Name", "name", |r, p| r.name = p.text()),
    ("FirstName", "first_name", |r, p| r.first_name = p.text()),
    ("LastName", "last_name", |r, p| r.last_name = p.text()),
    ("Salutation", "salutation", |r, p| r.salutation = p.text()),
    ("Title", "title", |r, p| r.title = p.text()),
    ("Department", "department", |r, p| r.department = p.text()),
    ("AccountId", "company", |r, p| r.company = link(p)),
    ("Email", "emails", |r, p| r.emails.extend(p.primary_email())),
    ("Phone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("work"))),
    ("MobilePhone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("mobile"))),
    ("HomePhone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("home"))),
    ("OtherPhone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("other"))),
    ("AssistantPhone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("assistant"))),
    ("Fax", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("fax"))),
    ("MailingStreet", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.line1)),
    ("MailingCity", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.city)),
    ("MailingState", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.state)),
    ("MailingPostalCode", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.postal_code)),
    ("MailingCountry", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.country)),
    ("MailingLatitude", "addresses[]", |r, p| p.coordinate_of(MAILING, &mut r.addresses, |a| &mut a.latitude)),
    ("MailingLongitude", "addresses[]", |r, p| p.coordinate_of(MAILING, &mut r.addresses, |a| &mut a.longitude)),
    ("OtherStreet", "addresses[]", |r, p| p.address_of(OTHER, &mut r.addresses, |a| &mut a.line1)),
    ("OtherCity", "addresses[]", |r, p| p.address_of(OTHER, &mut r.addresses, |a| &mut a.city)),
    ("OtherState", "addresses[]", |r, p| p.address_of(OTHER, &mut r.addresses, |a| &mut a.state)),
    ("OtherPostalCode", "addresses[]", |r, p| p.address_of(OTHER, &mut r.addresses, |a| &mut a.postal_code)),
    ("OtherCountry", "addresses[]", |r, p| p.address_of(OTHER, &mut r.addresses, |a| &mut a.country)),
    ("OtherLatitude", "addresses[]", |r, p| p.coordinate_of(OTHER, &mut r.addresses, |a| &mut a.latitude)),
    ("OtherLongitude", "addresses[]", |r, p| p.coordinate_of(OTHER, &mut r.addresses, |a| &mut a.longitude)),
    ("LeadSource", "lead_source", |r, p| r.lead_source = p.text()),
    ("Birthdate", "birthday", |r, p| r.birthday = p.date()),
    ("HasOptedOutOfEmail", "do_not_disturb", |r, p| r.do_not_disturb = p.bool()),
    ("EmailBouncedReason", "email_bounces[]", |r, p| {
        if let Some(reason) = p.text() {
            set_bounce(r, |bounce| bounce.kind = Some(reason));
        }
    }),
    ("EmailBouncedDate", "email_bounces[]", |r, p| {
        if let Some(time) = p.time() {
            set_bounce(r, |bounce| bounce.bounced_at = Some(time));
        }
    }),
    ("PhotoUrl", "photo_url", |r, p| r.photo_url = p.text()),
    ("Description", "description", |r, p| r.description = p.text()),
    ("MasterRecordId", "merged_into", |r, p| r.merged_into = link(p)),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
    ("LastViewedDate", "last_viewed_at", |r, p| r.last_viewed_at = p.time()),
    ("Jigsaw", RAW_ONLY, |_, _| {}),
    ("JigsawContactId", RAW_ONLY, |_, _| {}),
]);

/// Changes the contact's only bounce, which is added if there is none.
fn set_bounce<'a>(contact: &mut Contact<'a>, set: impl FnOnce(&mut EmailBounce<'a>)) {
    let mut bounce = contact.email_bounces.pop().unwrap_or_default();
    set(&mut bounce);
    contact.email_bounces.push(bounce);
}

rows!(COMPANY: Company = [
    ("Name", "name", |r, p| r.name = p.text()),
    ("AccountNumber", "number", |r, p| r.number = p.text()),
    ("Type", "business_type", |r, p| r.business_type = p.text()),
    ("Industry", "industry", |r, p| r.industry = p.text()),
    ("AnnualRevenue", "annual_revenue", |r, p| r.annual_revenue = p.decimal()),
    ("CurrencyIsoCode", "currency", |r, p| r.currency = p.text()),
    ("NumberOfEmployees", "number_of_employees", |r, p| r.number_of_employees = p.text()),
    ("Phone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("work"))),
    ("Fax", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("fax"))),
    ("Website", "websites", |r, p| r.websites.extend(web(p.text(), None))),
    ("ParentId", "parent", |r, p| r.parent = link(p)),
    ("AccountSource", "lead_source", |r, p| r.lead_source = p.text()),
    ("BillingStreet", "addresses[]", |r, p| p.address_of(BILLING, &mut r.addresses, |a| &mut a.line1)),
    ("BillingCity", "addresses[]", |r, p| p.address_of(BILLING, &mut r.addresses, |a| &mut a.city)),
    ("BillingState", "addresses[]", |r, p| p.address_of(BILLING, &mut r.addresses, |a| &mut a.state)),
    ("BillingPostalCode", "addresses[]", |r, p| p.address_of(BILLING, &mut r.addresses, |a| &mut a.postal_code)),
    ("BillingCountry", "addresses[]", |r, p| p.address_of(BILLING, &mut r.addresses, |a| &mut a.country)),
    ("BillingLatitude", "addresses[]", |r, p| p.coordinate_of(BILLING, &mut r.addresses, |a| &mut a.latitude)),
    ("BillingLongitude", "addresses[]", |r, p| p.coordinate_of(BILLING, &mut r.addresses, |a| &mut a.longitude)),
    ("ShippingStreet", "addresses[]", |r, p| p.address_of(SHIPPING, &mut r.addresses, |a| &mut a.line1)),
    ("ShippingCity", "addresses[]", |r, p| p.address_of(SHIPPING, &mut r.addresses, |a| &mut a.city)),
    ("ShippingState", "addresses[]", |r, p| p.address_of(SHIPPING, &mut r.addresses, |a| &mut a.state)),
    ("ShippingPostalCode", "addresses[]", |r, p| p.address_of(SHIPPING, &mut r.addresses, |a| &mut a.postal_code)),
    ("ShippingCountry", "addresses[]", |r, p| p.address_of(SHIPPING, &mut r.addresses, |a| &mut a.country)),
    ("ShippingLatitude", "addresses[]", |r, p| p.coordinate_of(SHIPPING, &mut r.addresses, |a| &mut a.latitude)),
    ("ShippingLongitude", "addresses[]", |r, p| p.coordinate_of(SHIPPING, &mut r.addresses, |a| &mut a.longitude)),
    ("Description", "description", |r, p| r.description = p.text()),
    ("PhotoUrl", "photo_url", |r, p| r.photo_url = p.text()),
    ("MasterRecordId", "merged_into", |r, p| r.merged_into = link(p)),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
    ("LastViewedDate", "last_viewed_at", |r, p| r.last_viewed_at = p.time()),
    ("Jigsaw", RAW_ONLY, |_, _| {}),
    ("JigsawCompanyId", RAW_ONLY, |_, _| {}),
    // A person account is an account and a contact in one.
    ("IsPersonAccount", "kind", |_, _| {}),
    ("FirstName", "first_name", |r, p| r.first_name = p.text()),
    ("LastName", "last_name", |r, p| r.last_name = p.text()),
    ("PersonContactId", "contacts", |r, p| r.contacts.extend(link(p))),
    ("PersonEmail", "emails", |r, p| r.emails.extend(p.primary_email())),
    ("PersonMobilePhone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("mobile"))),
    ("PersonHomePhone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("home"))),
    ("PersonOtherPhone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("other"))),
    ("PersonBirthdate", "dates", |r, p| {
        let birthday = |date| DateInfo { date: Some(date), kind: Some(Cow::Borrowed("birthday")), description: None };
        r.dates.extend(p.date().map(birthday));
    }),
    ("PersonMailingStreet", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.line1)),
    ("PersonMailingCity", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.city)),
    ("PersonMailingState", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.state)),
    ("PersonMailingPostalCode", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.postal_code)),
    ("PersonMailingCountry", "addresses[]", |r, p| p.address_of(MAILING, &mut r.addresses, |a| &mut a.country)),
]);

/// Sets the kind: a person account is a person.
pub(super) fn finish_company<'a>(company: &mut Company<'a>, o: &Object<'a>) {
    // A company may have these fields too, all of them empty and the checkboxes not checked.
    let is_of_person = |name: &str| name.ends_with("__pc") || name == "PersonContactId";
    let is_set = |value: Value<'_, '_>| !value.is_empty() && value.get().trim_matches('"') != "false";
    let has_person_fields = || o.members().any(|(name, value)| is_of_person(&name) && is_set(value));
    let is_person = o.bool("IsPersonAccount").or_else(|| has_person_fields().then_some(true));
    company.kind = is_person.map(|is_person| Text::Borrowed(if is_person { "person" } else { "company" }));
}

rows!(LEAD: Lead = [
    ("Name", "name", |r, p| r.name = p.text()),
    ("FirstName", "first_name", |r, p| r.first_name = p.text()),
    ("LastName", "last_name", |r, p| r.last_name = p.text()),
    ("Title", "title", |r, p| r.title = p.text()),
    ("Company", "company_name", |r, p| r.company_name = p.text()),
    ("Industry", "industry", |r, p| r.industry = p.text()),
    ("AnnualRevenue", "annual_revenue", |r, p| r.annual_revenue = p.decimal()),
    ("CurrencyIsoCode", "currency", |r, p| r.currency = p.text()),
    ("NumberOfEmployees", "number_of_employees", |r, p| r.number_of_employees = p.text()),
    ("Email", "emails", |r, p| r.emails.extend(p.primary_email())),
    ("Phone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("work"))),
    ("MobilePhone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("mobile"))),
    ("Fax", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("fax"))),
    ("Website", "websites", |r, p| r.websites.extend(web(p.text(), None))),
    ("Street", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.line1)),
    ("City", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.city)),
    ("State", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.state)),
    ("PostalCode", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.postal_code)),
    ("Country", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.country)),
    ("Latitude", "addresses[]", |r, p| p.coordinate_of(None, &mut r.addresses, |a| &mut a.latitude)),
    ("Longitude", "addresses[]", |r, p| p.coordinate_of(None, &mut r.addresses, |a| &mut a.longitude)),
    ("Status", "status", |r, p| r.status = p.text()),
    ("LeadSource", "source", |r, p| r.source = p.text()),
    ("Rating", "quality", |r, p| r.quality = p.word()),
    ("IsConverted", "is_converted", |r, p| r.is_converted = p.bool()),
    ("ConvertedDate", "converted_at", |r, p| r.converted_at = p.time()),
    ("ConvertedAccountId", "company", |r, p| r.company = link(p)),
    ("ConvertedContactId", "contact", |r, p| r.contact = link(p)),
    ("ConvertedOpportunityId", "deal", |r, p| r.deal = link(p)),
    ("HasOptedOutOfEmail", "do_not_disturb", |r, p| r.do_not_disturb = p.bool()),
    ("PhotoUrl", "photo_url", |r, p| r.photo_url = p.text()),
    ("Description", "description", |r, p| r.description = p.text()),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
    ("Jigsaw", RAW_ONLY, |_, _| {}),
    ("JigsawContactId", RAW_ONLY, |_, _| {}),
    ("IsUnreadByOwner", RAW_ONLY, |_, _| {}),
    // The event has it, if the lead is deleted.
    ("MasterRecordId", RAW_ONLY, |_, _| {}),
]);

rows!(USER: User = [
    ("Name", "name", |r, p| r.name = p.text()),
    ("FirstName", "first_name", |r, p| r.first_name = p.text()),
    ("LastName", "last_name", |r, p| r.last_name = p.text()),
    ("Email", "email", |r, p| r.email = p.text()),
    ("Title", "title", |r, p| r.title = p.text()),
    ("IsActive", "is_active", |r, p| r.is_active = p.bool()),
    ("UserRoleId", "role", |r, p| r.role = stage(p.id().map(super::ids::long), None)),
    ("TimeZoneSidKey", "time_zone", |r, p| r.time_zone = p.text()),
    ("LanguageLocaleKey", "language", |r, p| r.language = p.text()),
    ("DefaultCurrencyIsoCode", "currency", |r, p| r.currency = p.text()),
    ("Phone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("work"))),
    ("MobilePhone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("mobile"))),
    ("Fax", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("fax"))),
    ("FullPhotoUrl", "photo_url", |r, p| r.photo_url = p.text()),
    ("ContactId", "contact", |r, p| r.contact = link(p)),
    ("LastLoginDate", "last_login_at", |r, p| r.last_login_at = p.time()),
]);
