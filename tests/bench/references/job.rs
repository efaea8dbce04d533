//! The work of the Rust references: parses the body to a `serde_json::Value` and sends it to SQS. It has no proof of
//! origin, no model and no key of the vendor's. The message has a group, a deduplication id and six attributes, like
//! that of the functions.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};

pub async fn handle(
    client: &Client,
    queue_url: &str,
    event: LambdaEvent<ApiGatewayV2httpRequest>,
) -> Result<ApiGatewayV2httpResponse, Error> {
    let body: Value = serde_json::from_str(&event.payload.body.unwrap_or_default())?;
    let message = json!({ "id": event.context.request_id, "data": body }).to_string();
    let attribute = |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build();
    client
        .send_message()
        .queue_url(queue_url)
        .message_attributes("type", attribute("crm.deal.updated")?)
        .message_attributes("vendor", attribute("freshsales")?)
        .message_attributes("account", attribute("default")?)
        .message_attributes("entity", attribute("deal")?)
        .message_attributes("action", attribute("updated")?)
        .message_attributes("specversion", attribute("1.0")?)
        .message_group_id("webhooks")
        .message_deduplication_id(event.context.request_id)
        .message_body(message)
        .send()
        .await?;
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = 200;
    Ok(response)
}
