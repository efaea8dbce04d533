//! The properties of contacts, companies, leads and users.

use crm_event::record::{Company, Contact, Lead, User};

use crate::field_tables::rows;
use crate::fields::{email, profile, web};

rows!(CONTACT: Contact = [
    ("firstname", "first_name", |r, p| r.first_name = p.text()),
    ("lastname", "last_name", |r, p| r.last_name = p.text()),
    ("salutation", "salutation", |r, p| r.salutation = p.text()),
    ("jobtitle", "title", |r, p| r.title = p.text()),
    ("gender", "gender", |r, p| r.gender = p.word()),
    ("date_of_birth", "birthday", |r, p| r.birthday = p.date()),
    ("company", "company.name", |r, p| {
        if let Some(name) = p.text() {
            r.company.get_or_insert_default().name = Some(name);
        }
    }),
    ("associatedcompanyid", "company.id", |r, p| {
        if let Some(id) = p.id() {
            r.company.get_or_insert_default().id = Some(id);
        }
    }),
    ("email", "emails[]", |r, p| r.emails.extend(p.primary_email())),
    ("hs_additional_emails", "emails[]", |r, p| {
        r.emails.extend(p.words().into_iter().filter_map(|text| email(Some(text), None)));
    }),
    ("phone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("work"))),
    ("mobilephone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("mobile"))),
    ("fax", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("fax"))),
    ("address", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.line1)),
    ("city", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.city)),
    ("state", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.state)),
    ("zip", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.postal_code)),
    ("country", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.country)),
    ("website", "websites[]", |r, p| r.websites.extend(web(p.text(), None))),
    ("hs_linkedin_url", "social_links[]", |r, p| r.social_links.extend(web(p.text(), Some("linkedin".into())))),
    ("twitterhandle", "social_links[]", |r, p| r.social_links.extend(profile(p.text(), Some("twitter".into())))),
    ("lifecyclestage", "stage", |r, p| r.stage = p.stage()),
    ("hs_lead_status", "status", |r, p| r.status = p.word()),
    ("hubspotscore", "lead_score", |r, p| r.lead_score = p.decimal()),
    ("hs_analytics_source", "lead_source", |r, p| r.lead_source = p.word()),
    ("hs_language", "language", |r, p| r.language = p.text()),
    ("hs_timezone", "time_zone", |r, p| r.time_zone = p.text()),
    ("hs_email_optout", "do_not_disturb", |r, p| r.do_not_disturb = p.bool()),
    ("notes_last_contacted", "last_contacted_at", |r, p| r.last_contacted_at = p.time()),
]);

rows!(COMPANY: Company = [
    ("name", "name", |r, p| r.name = p.text()),
    ("domain", "websites[]", |r, p| r.websites.extend(web(p.text(), Some("domain".into())))),
    ("website", "websites[]", |r, p| r.websites.extend(web(p.text(), None))),
    ("phone", "phone_numbers[]", |r, p| r.phone_numbers.extend(p.phone("work"))),
    ("address", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.line1)),
    ("city", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.city)),
    ("state", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.state)),
    ("zip", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.postal_code)),
    ("country", "addresses[]", |r, p| p.address(&mut r.addresses, |a| &mut a.country)),
    ("industry", "industry", |r, p| r.industry = p.word()),
    ("type", "business_type", |r, p| r.business_type = p.word()),
    ("annualrevenue", "annual_revenue", |r, p| r.annual_revenue = p.decimal()),
    ("numberofemployees", "number_of_employees", |r, p| r.number_of_employees = p.text()),
    ("linkedin_company_page", "social_links[]", |r, p| r.social_links.extend(web(p.text(), Some("linkedin".into())))),
    ("facebook_company_page", "social_links[]", |r, p| r.social_links.extend(web(p.text(), Some("facebook".into())))),
    ("hs_parent_company_id", "parent", |r, p| r.parent = p.reference()),
    ("hs_logo_url", "photo_url", |r, p| r.photo_url = p.text()),
    ("lifecyclestage", "stage", |r, p| r.stage = p.stage()),
    ("hs_lead_status", "status", |r, p| r.status = p.word()),
    ("description", "description", |r, p| r.description = p.text()),
    ("notes_last_contacted", "last_contacted_at", |r, p| r.last_contacted_at = p.time()),
]);

rows!(LEAD: Lead = [
    ("hs_lead_name", "name", |r, p| r.name = p.text()),
    ("hs_pipeline_stage", "stage", |r, p| r.stage = p.stage()),
    ("hs_lead_label", "quality", |r, p| r.quality = p.word()),
    ("hs_lead_disqualification_reason", "status_reason", |r, p| r.status_reason = p.word()),
]);

rows!(USER: User = [
    ("hs_given_name", "first_name", |r, p| r.first_name = p.text()),
    ("hs_family_name", "last_name", |r, p| r.last_name = p.text()),
    ("hs_email", "email", |r, p| r.email = p.text()),
    ("hs_job_title", "title", |r, p| r.title = p.text()),
    ("hs_standard_time_zone", "time_zone", |r, p| r.time_zone = p.text()),
]);
