//! Tickets, for addresses that can't be sent with a header: WebSockets and event streams of browsers, downloads.

use serde::Serialize;
use utoipa::ToSchema;

use super::app::SharedApp;
use super::endpoint::Call;
use super::problem::Problem;
use super::{Response, schema};
use crate::flow::accounts::TICKET_FOR;

/// To be put behind an address as `?ticket=…`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    ticket: String,
    expires_in_seconds: u64,
}

/// POST /api/v1/tickets
pub async fn make(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let ticket = app.core.accounts.make_ticket(&call.head.caller).await?;
    Ok(schema::json(&Ticket { ticket, expires_in_seconds: TICKET_FOR.as_secs() }))
}
