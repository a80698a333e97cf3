//! The runs that fit a filter: a page of them, and how many they are.
//!
//! Three ways lead there: along the runs themselves, along those of one facet (a label, the type of the trigger), and along the words of
//! all runs. Whichever is taken, the rest of the filter is held against each run that is come across. Most filters are not given, and which
//! are decides what index serves: hence a plan for each search.

use std::collections::BTreeMap;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::db::row::number;
use super::db::{Db, DbError, Query, query};
use super::runs::{ListedRun, listed};
use crate::facts::id::{OrganizationId, RunKey};
use crate::facts::status::RunStatus;

const LIST: Query =
    query!("search/list"; UUID, UUID, UUID, TEXT_ARRAY, TEXT, TEXT, TEXT_ARRAY, INT8).planned_anew();
const LIST_BY_FACET: Query = query!("search/list_by_facet";
    UUID, UUID, UUID, TEXT_ARRAY, TEXT, TEXT, TEXT_ARRAY, INT8, TEXT, TEXT_ARRAY)
.planned_anew();
const LIST_BY_WORDS: Query =
    query!("search/list_by_words"; UUID, UUID, UUID, TEXT_ARRAY, TEXT, TEXT, TEXT_ARRAY, INT8, TEXT)
        .planned_anew();
const COUNT: Query =
    query!("search/count"; UUID, UUID, UUID, TEXT_ARRAY, TEXT, TEXT, TEXT_ARRAY, INT8).planned_anew();
const COUNT_BY_FACET: Query = query!("search/count_by_facet";
    UUID, UUID, UUID, TEXT_ARRAY, TEXT, TEXT, TEXT_ARRAY, INT8, TEXT, TEXT_ARRAY)
.planned_anew();
const COUNT_BY_WORDS: Query =
    query!("search/count_by_words"; UUID, UUID, UUID, TEXT_ARRAY, TEXT, TEXT, TEXT_ARRAY, INT8, TEXT)
        .planned_anew();

/// What the runs are narrowed to; `None` and empty mean everything.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    pub workflow: Option<String>,
    pub statuses: Vec<RunStatus>,
    /// Types of triggers, such as `schedule`: one of them.
    pub triggers: Vec<String>,
    /// Lowest key, inclusive.
    pub from: Option<Uuid>,
    /// Highest key, exclusive.
    pub to: Option<Uuid>,
    /// They must all be there.
    pub labels: BTreeMap<String, String>,
    /// Text that run id, workflow or failure contain, in capitals or not.
    pub text: Option<String>,
}

/// A page of runs below `before`, newest first.
pub async fn list(
    db: &Db,
    organization: OrganizationId,
    before: Option<RunKey>,
    filter: &RunFilter,
    limit: u32,
) -> Result<Vec<ListedRun>, DbError> {
    let below = before.map(|key| key.0).into_iter().chain(filter.to).min();
    let asked = Asked::new(organization, below, filter, limit)?;
    let (query, params) = asked.by(&LIST, &LIST_BY_FACET, &LIST_BY_WORDS);
    db.get().await?.query(query, &params).await?.iter().map(listed).collect()
}

/// How many runs the filter lets through, counted no further than `limit`.
pub async fn count(
    db: &Db,
    organization: OrganizationId,
    filter: &RunFilter,
    limit: u32,
) -> Result<u64, DbError> {
    let asked = Asked::new(organization, filter.to, filter, limit)?;
    let (query, params) = asked.by(&COUNT, &COUNT_BY_FACET, &COUNT_BY_WORDS);
    number(&db.get().await?.query_one(query, &params).await?, 0)
}

/// A filter as the queries take it.
struct Asked<'a> {
    organization: Uuid,
    from: Option<Uuid>,
    below: Option<Uuid>,
    statuses: Option<Vec<&'static str>>,
    workflow: Option<&'a str>,
    labels: Option<String>,
    triggers: Option<&'a [String]>,
    limit: i64,
    /// Facets that every run must have.
    facets: usize,
    text: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn new(
        organization: OrganizationId,
        below: Option<Uuid>,
        filter: &'a RunFilter,
        limit: u32,
    ) -> Result<Self, DbError> {
        let labels = (!filter.labels.is_empty()).then(|| serde_json::to_string(&filter.labels)).transpose();
        Ok(Self {
            organization: organization.0,
            from: filter.from,
            below,
            statuses: (!filter.statuses.is_empty())
                .then(|| filter.statuses.iter().map(|status| status.as_str()).collect()),
            workflow: filter.workflow.as_deref(),
            labels: labels.map_err(|error| DbError::Shape(error.to_string()))?,
            triggers: (!filter.triggers.is_empty()).then_some(filter.triggers.as_slice()),
            limit: i64::from(limit),
            facets: filter.labels.len() + usize::from(filter.triggers.len() == 1),
            text: filter.text.as_deref(),
        })
    }

    /// The query of the way that leads to the runs the soonest, and its parameters.
    fn by<'q>(
        &self,
        plain: &'q Query,
        by_facet: &'q Query,
        by_words: &'q Query,
    ) -> (&'q Query, Vec<&(dyn ToSql + Sync)>) {
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![
            &self.organization,
            &self.from,
            &self.below,
            &self.statuses,
            &self.workflow,
            &self.labels,
            &self.triggers,
            &self.limit,
        ];
        if self.text.is_some() {
            params.push(&self.text);
            return (by_words, params);
        }
        // What a single facet says need not be looked at in the run; a choice of triggers beside a label must.
        let rest: [&(dyn ToSql + Sync); 2] = match self.facets {
            0 => return (plain, params),
            1 if self.labels.is_some() => [&None::<&str>, &self.triggers],
            1 => [&None::<&str>, &None::<&[String]>],
            _ => [&self.labels, &self.triggers],
        };
        params.extend(rest);
        (by_facet, params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(filter: &RunFilter) -> (&'static str, String) {
        let asked = Asked::new(OrganizationId(Uuid::nil()), None, filter, 10).unwrap();
        let (query, params) = asked.by(&LIST, &LIST_BY_FACET, &LIST_BY_WORDS);
        assert_eq!(params.len(), query.types.len());
        (query.name, format!("{:?}", &params[8..]))
    }

    #[test]
    fn the_way_is_that_of_the_narrowest_filter() {
        let labels = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let mut filter = RunFilter { workflow: Some("w".into()), ..RunFilter::default() };
        assert_eq!(way(&filter), ("search/list", "[]".into()));
        filter.triggers = vec!["api".into(), "schedule".into()];
        assert_eq!(way(&filter), ("search/list", "[]".into()));
        filter.labels = labels(&[("team", "red")]);
        let choice = r#"[None, Some(["api", "schedule"])]"#;
        assert_eq!(way(&filter), ("search/list_by_facet", choice.into()));
        filter.triggers.truncate(1);
        let both = r#"[Some("{\"team\":\"red\"}"), Some(["api"])]"#;
        assert_eq!(way(&filter), ("search/list_by_facet", both.into()));
        filter.labels.clear();
        assert_eq!(way(&filter), ("search/list_by_facet", "[None, None]".into()));
        filter.labels = labels(&[("a", "b"), ("c", "d")]);
        filter.triggers.clear();
        let two = r#"[Some("{\"a\":\"b\",\"c\":\"d\"}"), None]"#;
        assert_eq!(way(&filter), ("search/list_by_facet", two.into()));
        filter.text = Some("lost".into());
        assert_eq!(way(&filter), ("search/list_by_words", r#"[Some("lost")]"#.into()));
    }
}
