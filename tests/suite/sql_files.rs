//! SQL lives in files: each is used in exactly one place, says what it is for, and fits the schema.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use tokio_postgres::types::Type;

use crate::source::{SourceFile, files_below, parse, root, source_files};
use crate::support::Database;

/// A statement at the start of a literal, in the capitals that the project writes SQL in.
static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|TRUNCATE|WITH|COPY|CALL)\s")
        .unwrap()
});

/// A use of the macro, in code whose literals are blank: where the name's literal stands, and the types after it.
static USE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bquery!\s*\(\s*;([^)]*)\)").unwrap());

/// Statements that take a database's name, which can't be a parameter, are the only ones put together in Rust.
const WITH_A_NAME_INSIDE: (&str, &str) = ("store/db/embedded/databases.rs", " DATABASE ");

struct Use {
    place: String,
    name: String,
    /// `None` for a file that is included without the macro: on connections that no pool has.
    types: Option<Vec<String>>,
}

/// Every file that is included by its path.
fn inclusions(file: &SourceFile) -> Vec<Use> {
    let name = |text: &str| text.strip_prefix("/sql/")?.strip_suffix(".sql").map(str::to_owned);
    let found = file.literals.iter().filter_map(|it| {
        let place = format!("src/{}:{}", file.path, it.line);
        name(&it.text).filter(|name| !name.is_empty()).map(|name| Use { place, name, types: None })
    });
    found.collect()
}

/// Every `query!("module/file"; TYPES)`; the names are the file's literals in order that have the shape of one.
fn uses(file: &SourceFile) -> Vec<Use> {
    let mut from = 0;
    let found = USE.captures_iter(&file.code).map(|captures| {
        let whole = captures.get(0).unwrap();
        let first_line = file.code[..whole.start()].matches('\n').count() + 1;
        let literal =
            file.literals[from..].iter().position(|it| it.line >= first_line && it.text.contains('/'));
        let index = from
            + literal.unwrap_or_else(|| panic!("src/{}:{first_line}: a query without a name", file.path));
        from = index + 1;
        let types = captures[1].split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned);
        Use {
            place: format!("src/{}:{first_line}", file.path),
            name: file.literals[index].text.clone(),
            types: Some(types.collect()),
        }
    });
    found.chain(inclusions(file)).collect()
}

/// `module/file` of everything under `sql/`, with its text.
fn sql_files() -> BTreeMap<String, String> {
    let folder = root().join("sql");
    let name =
        |path: &std::path::Path| path.strip_prefix(&folder).unwrap().with_extension("").display().to_string();
    files_below(&folder, "sql")
        .into_iter()
        .map(|path| (name(&path), std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn literals_with_sql(file: &SourceFile) -> Vec<String> {
    let is_exempt = |text: &str| file.path == WITH_A_NAME_INSIDE.0 && text.contains(WITH_A_NAME_INSIDE.1);
    let sql = file.literals.iter().filter(|it| STATEMENT.is_match(&it.text) && !is_exempt(&it.text));
    sql.map(|it| format!("src/{}:{}: SQL in Rust: {:.60}", file.path, it.line, it.text)).collect()
}

#[test]
fn every_sql_file_is_used_by_one_query() {
    let mut places: BTreeMap<String, Vec<String>> =
        sql_files().into_keys().map(|name| (name, Vec::new())).collect();
    for it in source_files().iter().flat_map(uses) {
        places.entry(it.name).or_default().push(it.place);
    }
    assert!(places.len() > 5, "only {} queries were found", places.len());
    let wrong: Vec<_> = places.iter().filter(|(_, places)| places.len() != 1).collect();
    assert!(wrong.is_empty(), "used never or more than once: {wrong:#?}");
}

#[test]
fn every_sql_file_says_what_it_is_for() {
    let silent: Vec<String> = sql_files()
        .into_iter()
        .filter(|(_, text)| {
            !text.lines().next().is_some_and(|line| line.starts_with("-- ") && line.len() > 15)
        })
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "without a head comment: {silent:?}");
}

#[test]
fn no_sql_stands_in_rust() {
    let found: Vec<String> = source_files().iter().flat_map(literals_with_sql).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn what_these_tests_look_for_is_seen() {
    let file = parse(
        "a.rs",
        "// query!(\"x/y\")\nconst A: Query = query!(\n  \"a/b\"; UUID, INT8);\nlet s = \"SELECT 1\";",
    );
    let found = uses(&file);
    assert_eq!((found.len(), found[0].name.as_str()), (1, "a/b"));
    assert_eq!(found[0].types.as_deref(), Some(["UUID".to_owned(), "INT8".to_owned()].as_slice()));
    let included =
        uses(&parse("a.rs", "let text = include_str!(concat!(env!(\"DIR\"), \"/sql/db/has.sql\"));"));
    assert_eq!((included.len(), included[0].name.as_str()), (1, "db/has"));
    assert_eq!(literals_with_sql(&file).len(), 1);
}

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    let database = Database::new().await;
    let session = database.session().await;
    let files = sql_files();
    let mut faults = Vec::new();
    // The tables of other systems are in the tests of their import.
    for it in source_files().iter().flat_map(uses).filter(|it| !it.name.starts_with("historic/")) {
        let types: Vec<Type> = it.types.iter().flatten().map(|name| type_named(name)).collect();
        match session.prepare_typed(&files[&it.name], &types).await {
            Ok(statement) => {
                let (taken, declared) = (statement.params().len(), types.len());
                if it.types.is_some() && taken != declared {
                    faults
                        .push(format!("{}: {} takes {taken} parameters, not {declared}", it.place, it.name));
                }
            }
            Err(error) => faults.push(format!("{}: {}: {error}", it.place, it.name)),
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The types that queries declare, by the names of their constants.
fn type_named(name: &str) -> Type {
    macro_rules! among {
        ($($constant:ident)*) => {
            match name {
                $(stringify!($constant) => Type::$constant,)*
                _ => panic!("`{name}` is missing from this test's list of types"),
            }
        };
    }
    among!(BOOL BOOL_ARRAY INT2 INT2_ARRAY INT4 INT4_ARRAY INT8 INT8_ARRAY FLOAT8 FLOAT8_ARRAY TEXT TEXT_ARRAY
           BYTEA BYTEA_ARRAY UUID UUID_ARRAY TIMESTAMPTZ TIMESTAMPTZ_ARRAY JSON JSON_ARRAY JSONB JSONB_ARRAY INTERVAL)
}
