//! Persons, companies and leads.

use std::borrow::Cow;

use crm_event::record::{Common, Company, Contact, Lead};
use crm_event::{GeoLocation, Stage, Text};

use super::contact_info::contact_infos;
use super::{enumerated, instant, named, person_name, photo_url, snake_case, text_or_name, user};
use crate::fields::{entries, reference, stage, word};
use crate::json::Object;

const LEAD_STATUS: &[&str] = &["new", "qualified", "disqualified", "evaluating", "unknown", "previously_entered"];
const LEAD_SOURCE: &[&str] = &["", "email", "phone_in", "cold_call", "web_form", "other"];

pub(super) fn contact<'a>(common: Common<'a>, o: &Object<'a>) -> Contact<'a> {
    let infos = contact_infos(o);
    Contact {
        name: person_name(o),
        first_name: o.text("Name"),
        last_name: o.text("LastName"),
        title: text_or_name(o, "Position"),
        gender: text_or_name(o, "Gender").map(gender),
        company: reference(o.id("CompanyId"), o.text("CompanyName")),
        emails: infos.emails,
        phone_numbers: infos.phone_numbers,
        addresses: infos.addresses,
        websites: infos.websites,
        social_links: infos.social_links,
        dates: infos.dates,
        identity_number: o.text("IdentityNo"),
        is_active: o.bool("NotEmployed").map(|not| !not),
        photo_url: photo_url(o),
        description: o.text("Description"),
        relationship_types: relationship_types(o),
        regions: named(o, "Regions"),
        ..Contact::new(common)
    }
}

fn gender(letter: Text<'_>) -> Text<'_> {
    match &*letter {
        "M" | "m" => Cow::Borrowed("male"),
        "F" | "f" => Cow::Borrowed("female"),
        _ => word(letter),
    }
}

pub(super) fn company<'a>(common: Common<'a>, o: &Object<'a>) -> Company<'a> {
    let infos = contact_infos(o);
    Company {
        name: o.text("Name"),
        trading_name: o.text("TradingName"),
        tax_number: o.text("TaxNo"),
        tax_office: text_or_name(o, "TaxOffice"),
        emails: infos.emails,
        phone_numbers: infos.phone_numbers,
        addresses: infos.addresses,
        websites: infos.websites,
        social_links: infos.social_links,
        dates: infos.dates,
        is_active: o.bool("NotAvailable").map(|not| !not),
        photo_url: photo_url(o),
        description: o.text("Description"),
        geo_locations: o.objects("GeoLocationInfos").filter_map(|info| geo_location(&info)).collect(),
        relationship_types: relationship_types(o),
        regions: named(o, "Regions"),
        ..Company::new(common)
    }
}

fn geo_location<'a>(o: &Object<'a>) -> Option<GeoLocation<'a>> {
    let location = GeoLocation {
        latitude: o.decimal("Latitude"),
        longitude: o.decimal("Longitude"),
        zoom: o.text("Zoom"),
        recorded_at: instant(o, "Indate"),
    };
    (location != GeoLocation::default()).then_some(location)
}

/// The built-in relations, which are a list in one text without ids, then the customer's own relations.
fn relationship_types<'a>(o: &Object<'a>) -> Vec<Stage<'a>> {
    let mut relations = Vec::new();
    for list in o.texts("BasicRelationType") {
        relations.extend(entries(&list, &[',']).into_iter().filter_map(|name| stage(None, Some(snake_case(name)))));
    }
    relations.extend(named(o, "RelationshipTypes"));
    relations
}

pub(super) fn lead<'a>(common: Common<'a>, o: &Object<'a>) -> Lead<'a> {
    let infos = contact_infos(o);
    Lead {
        name: person_name(o),
        first_name: o.text("Name"),
        last_name: o.text("LastName"),
        title: text_or_name(o, "Position"),
        company_name: o.text("CompanyName"),
        emails: infos.emails,
        phone_numbers: infos.phone_numbers,
        addresses: infos.addresses,
        websites: infos.websites,
        social_links: infos.social_links,
        dates: infos.dates,
        status: enumerated(o, "Status", LEAD_STATUS),
        status_reason: o.text("Reason"),
        source: o
            .text("CustomSourceName")
            .or_else(|| enumerated(o, "SourceId", LEAD_SOURCE))
            .or_else(|| enumerated(o, "Source", LEAD_SOURCE)),
        source_id: o.id("CustomSourceId"),
        rating: o.decimal("Rating"),
        score: o.decimal("Score"),
        is_converted: o.bool("Converted"),
        qualified_by: user(o, "QualifiedBy"),
        qualified_at: instant(o, "QualifiedDate"),
        tax_number: o.text("TaxNo"),
        tax_office: text_or_name(o, "TaxOffice"),
        photo_url: photo_url(o),
        description: o.text("Description"),
        relationship_types: relationship_types(o),
        regions: named(o, "Regions"),
        ..Lead::new(common)
    }
}
