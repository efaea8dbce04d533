//! The time zones setting, for a vendor that writes local times without their zone.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

/// The zone of each account.
#[derive(Clone, Debug, Default)]
pub struct TimeZones(BTreeMap<String, TimeZone>);

/// An invalid time zones setting. Names the account, but not the value found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeZonesError {
    #[error("expected a JSON object of account to time zone, such as {{\"default\": \"Europe/Berlin\"}}")]
    NotJson,
    #[error(
        "account {account:?}: expected the name of a time zone in the IANA database, such as \"Europe/Berlin\" \
         (https://en.wikipedia.org/wiki/List_of_tz_database_time_zones)"
    )]
    Unknown { account: String },
}

impl TimeZones {
    /// Reads `{"default": "Europe/Berlin", "acme": "America/New_York"}`.
    ///
    /// # Errors
    /// If the text is not such an object, or names a zone that the database does not have.
    pub fn parse(json: &str) -> Result<Self, TimeZonesError> {
        let names: BTreeMap<String, String> = serde_json::from_str(json).map_err(|_| TimeZonesError::NotJson)?;
        let zone = |(account, name): (String, String)| match zone(&name) {
            Some(zone) => Ok((account, zone)),
            None => Err(TimeZonesError::Unknown { account }),
        };
        names.into_iter().map(zone).collect::<Result<_, _>>().map(Self)
    }

    /// The account's zone; UTC for an account without one.
    pub fn of(&self, account: &str) -> TimeZone {
        self.0.get(account).cloned().unwrap_or(TimeZone::UTC)
    }
}

/// Finds a zone by its IANA name in the compiled-in database, because the function's machine may not have one.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" { Some(TimeZone::UTC) } else { TimeZone::get(name).ok() }
}

#[cfg(test)]
mod tests {
    use super::{TimeZones, TimeZonesError};

    #[test]
    fn a_zone_is_known_by_its_iana_name_and_a_wrong_one_is_refused() {
        let zones = TimeZones::parse(r#"{"default": "Europe/Berlin", "acme": "America/New_York"}"#).unwrap();
        assert_eq!(zones.of("default").iana_name(), Some("Europe/Berlin"));
        assert_eq!(zones.of("acme").iana_name(), Some("America/New_York"));
        assert_eq!(zones.of("other"), jiff::tz::TimeZone::UTC);
        for name in ["Berlin", "CEST", "+02:00", "", "Europe/Berlin "] {
            let json = format!(r#"{{"acme": "{name}"}}"#);
            let unknown = TimeZonesError::Unknown { account: "acme".to_owned() };
            assert_eq!(TimeZones::parse(&json).unwrap_err(), unknown, "{name}");
        }
        for json in ["", "[]", "\"Europe/Berlin\"", r#"{"default": 1}"#] {
            assert_eq!(TimeZones::parse(json).unwrap_err(), TimeZonesError::NotJson, "{json}");
        }
    }
}
