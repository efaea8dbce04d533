//! The fields of leads, contacts, accounts and users.

use std::borrow::Cow;

use crm_event::record::{Company, Contact, Lead, User};
use crm_event::{Text, Web};

use super::fields::table;
use crate::fields::web;

table!(LEAD: Lead = [
    ("Full_Name", "name", |r, f| r.name = f.text()),
    ("First_Name", "first_name", |r, f| r.first_name = f.text()),
    ("Last_Name", "last_name", |r, f| r.last_name = f.text()),
    ("Designation", "title", |r, f| r.title = f.text()),
    ("Company", "company_name", |r, f| r.company_name = f.text()),
    ("Industry", "industry", |r, f| r.industry = f.text()),
    ("No_of_Employees", "number_of_employees", |r, f| r.number_of_employees = f.text()),
    ("Annual_Revenue", "annual_revenue", |r, f| r.annual_revenue = f.decimal()),
    ("Currency", "currency", |r, f| r.currency = f.text()),
    ("Email", "emails[]", |r, f| r.emails.extend(f.email(true))),
    ("Secondary_Email", "emails[]", |r, f| r.emails.extend(f.email(false))),
    ("Phone", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("work"))),
    ("Mobile", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("mobile"))),
    ("Fax", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("fax"))),
    ("Street", "addresses[]", |r, f| f.address(&mut r.addresses, None, |a| &mut a.line1)),
    ("City", "addresses[]", |r, f| f.address(&mut r.addresses, None, |a| &mut a.city)),
    ("State", "addresses[]", |r, f| f.address(&mut r.addresses, None, |a| &mut a.state)),
    ("Zip_Code", "addresses[]", |r, f| f.address(&mut r.addresses, None, |a| &mut a.postal_code)),
    ("Country", "addresses[]", |r, f| f.address(&mut r.addresses, None, |a| &mut a.country)),
    ("Website", "websites[]", |r, f| r.websites.extend(web(f.text(), None))),
    ("Skype_ID", "social_links[]", |r, f| r.social_links.extend(profile(f.text(), "skype"))),
    ("Twitter", "social_links[]", |r, f| r.social_links.extend(profile(f.text(), "twitter"))),
    ("Lead_Status", "status", |r, f| r.status = f.text()),
    ("Lead_Source", "source", |r, f| r.source = f.text()),
    ("Rating", "quality", |r, f| r.quality = f.word()),
    ("Email_Opt_Out", "do_not_disturb", |r, f| r.do_not_disturb = f.bool()),
    ("Converted__s", "is_converted", |r, f| r.is_converted = f.bool()),
    ("$converted", "is_converted", |r, f| r.is_converted = f.bool()),
    ("Converted_Date_Time", "converted_at", |r, f| r.converted_at = f.time()),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Converted_Contact", "contact", |r| &mut r.contact),
    ("Converted_Account", "company", |r| &mut r.company),
    ("Converted_Deal", "deal", |r| &mut r.deal),
]);

table!(CONTACT: Contact = [
    ("Full_Name", "name", |r, f| r.name = f.text()),
    ("First_Name", "first_name", |r, f| r.first_name = f.text()),
    ("Last_Name", "last_name", |r, f| r.last_name = f.text()),
    ("Salutation", "salutation", |r, f| r.salutation = f.text()),
    ("Title", "title", |r, f| r.title = f.text()),
    ("Department", "department", |r, f| r.department = f.text()),
    ("Email", "emails[]", |r, f| r.emails.extend(f.email(true))),
    ("Secondary_Email", "emails[]", |r, f| r.emails.extend(f.email(false))),
    ("Phone", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("work"))),
    ("Home_Phone", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("home"))),
    ("Other_Phone", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("other"))),
    ("Mobile", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("mobile"))),
    ("Fax", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("fax"))),
    ("Asst_Phone", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("assistant"))),
    ("Mailing_Street", "addresses[]", |r, f| f.address(&mut r.addresses, Some("mailing"), |a| &mut a.line1)),
    ("Mailing_City", "addresses[]", |r, f| f.address(&mut r.addresses, Some("mailing"), |a| &mut a.city)),
    ("Mailing_State", "addresses[]", |r, f| f.address(&mut r.addresses, Some("mailing"), |a| &mut a.state)),
    ("Mailing_Zip", "addresses[]", |r, f| f.address(&mut r.addresses, Some("mailing"), |a| &mut a.postal_code)),
    ("Mailing_Country", "addresses[]", |r, f| f.address(&mut r.addresses, Some("mailing"), |a| &mut a.country)),
    ("Other_Street", "addresses[]", |r, f| f.address(&mut r.addresses, Some("other"), |a| &mut a.line1)),
    ("Other_City", "addresses[]", |r, f| f.address(&mut r.addresses, Some("other"), |a| &mut a.city)),
    ("Other_State", "addresses[]", |r, f| f.address(&mut r.addresses, Some("other"), |a| &mut a.state)),
    ("Other_Zip", "addresses[]", |r, f| f.address(&mut r.addresses, Some("other"), |a| &mut a.postal_code)),
    ("Other_Country", "addresses[]", |r, f| f.address(&mut r.addresses, Some("other"), |a| &mut a.country)),
    ("Skype_ID", "social_links[]", |r, f| r.social_links.extend(profile(f.text(), "skype"))),
    ("Twitter", "social_links[]", |r, f| r.social_links.extend(profile(f.text(), "twitter"))),
    ("Lead_Source", "lead_source", |r, f| r.lead_source = f.text()),
    ("Date_of_Birth", "birthday", |r, f| r.birthday = f.date()),
    ("Email_Opt_Out", "do_not_disturb", |r, f| r.do_not_disturb = f.bool()),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Account_Name", "company", |r| &mut r.company),
]);

/// A profile that Zoho stores as a user name.
fn profile<'a>(username: Option<Text<'a>>, network: &'static str) -> Option<Web<'a>> {
    username.map(|name| Web { username: Some(name), kind: Some(Cow::Borrowed(network)), ..Web::default() })
}

table!(COMPANY: Company = [
    ("Account_Name", "name", |r, f| r.name = f.text()),
    ("Account_Number", "number", |r, f| r.number = f.text()),
    ("Account_Type", "business_type", |r, f| r.business_type = f.text()),
    ("Industry", "industry", |r, f| r.industry = f.text()),
    ("Employees", "number_of_employees", |r, f| r.number_of_employees = f.text()),
    ("Annual_Revenue", "annual_revenue", |r, f| r.annual_revenue = f.decimal()),
    ("Currency", "currency", |r, f| r.currency = f.text()),
    ("Phone", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("work"))),
    ("Fax", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("fax"))),
    ("Website", "websites[]", |r, f| r.websites.extend(web(f.text(), None))),
    ("Billing_Street", "addresses[]", |r, f| f.address(&mut r.addresses, Some("billing"), |a| &mut a.line1)),
    ("Billing_City", "addresses[]", |r, f| f.address(&mut r.addresses, Some("billing"), |a| &mut a.city)),
    ("Billing_State", "addresses[]", |r, f| f.address(&mut r.addresses, Some("billing"), |a| &mut a.state)),
    ("Billing_Code", "addresses[]", |r, f| f.address(&mut r.addresses, Some("billing"), |a| &mut a.postal_code)),
    ("Billing_Country", "addresses[]", |r, f| f.address(&mut r.addresses, Some("billing"), |a| &mut a.country)),
    ("Shipping_Street", "addresses[]", |r, f| f.address(&mut r.addresses, Some("shipping"), |a| &mut a.line1)),
    ("Shipping_City", "addresses[]", |r, f| f.address(&mut r.addresses, Some("shipping"), |a| &mut a.city)),
    ("Shipping_State", "addresses[]", |r, f| f.address(&mut r.addresses, Some("shipping"), |a| &mut a.state)),
    ("Shipping_Code", "addresses[]", |r, f| f.address(&mut r.addresses, Some("shipping"), |a| &mut a.postal_code)),
    ("Shipping_Country", "addresses[]", |r, f| f.address(&mut r.addresses, Some("shipping"), |a| &mut a.country)),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Parent_Account", "parent", |r| &mut r.parent),
]);

table!(USER: User = [
    ("full_name", "name", |r, f| r.name = f.text()),
    ("first_name", "first_name", |r, f| r.first_name = f.text()),
    ("last_name", "last_name", |r, f| r.last_name = f.text()),
    ("email", "email", |r, f| r.email = f.text()),
    ("language", "language", |r, f| r.language = f.text()),
    ("time_zone", "time_zone", |r, f| r.time_zone = f.text()),
    ("phone", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("work"))),
    ("mobile", "phone_numbers[]", |r, f| r.phone_numbers.extend(f.phone("mobile"))),
], []);
