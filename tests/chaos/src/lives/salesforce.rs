//! Salesforce opportunities: outbound messages with an id and a time. A record of the customer's own object reports a
//! deletion, and a trigger that calls out reports that the record is back.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind, Step};

pub(super) const OPPORTUNITY: Kind = Kind {
    vendor: "salesforce",
    fields: Fields::of_records("name", "amount"),
    clock_ahead: SignedDuration::ZERO,
    webhook,
};

const ORGANIZATION: &str = "00DKd000000Ex1a";

fn webhook(change: &Change) -> Webhook {
    let Change { record, name, amount, .. } = change;
    let id = format!("006Kd{record:010}");
    let time = change.time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let created = if change.step == Step::Create { &time } else { "2026-01-01T00:00:00.000Z" };
    match change.step {
        Step::Create | Step::Rename | Step::Reprice => {
            let fields = format!(
                "<sf:Id>{id}</sf:Id><sf:Amount>{amount}</sf:Amount><sf:CreatedDate>{created}</sf:CreatedDate>\
                 <sf:LastModifiedDate>{time}</sf:LastModifiedDate><sf:Name>{name}</sf:Name>"
            );
            message(change.webhook, "Opportunity", &fields)
        }
        Step::Delete => {
            let fields = format!(
                "<sf:Id>a02Kd{record:010}</sf:Id><sf:CreatedDate>{time}</sf:CreatedDate>\
                 <sf:Object_Id__c>{id}</sf:Object_Id__c><sf:Object_Type__c>Opportunity</sf:Object_Type__c>"
            );
            message(change.webhook, "Deletion__c", &fields)
        }
        Step::Restore => {
            let record = json!({ "Id": id, "Name": name, "Amount": amount, "LastModifiedDate": time });
            let body = json!({ "event": "opportunity.restored", "organizationId": ORGANIZATION, "record": record });
            Webhook { body: body.to_string().into(), ..Webhook::default() }
        }
    }
}

/// An outbound message with one notification.
fn message(number: u64, object: &str, fields: &str) -> Webhook {
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>{ORGANIZATION}</OrganizationId>
   <ActionId>04kKd0000008Zz1</ActionId>
   <Notification>
    <Id>04lKd{number:010}</Id>
    <sObject xsi:type="sf:{object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{fields}</sObject>
   </Notification>
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>"#
    );
    let headers = vec![("content-type".into(), "text/xml; charset=utf-8".into())];
    Webhook { body: body.into(), headers, ..Webhook::default() }
}
