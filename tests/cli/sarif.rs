//! What SARIF 2.1.0 demands of the objects that a document of this program is made of.
//!
//! By the standard's text: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. Its schema
//! allows no other properties than an object's own, so that a misspelt one is found here too.

use serde_json::Value;

/// An object of the standard: its section, and its properties as far as this program writes them.
struct Shape {
    section: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
}

const LOG: Shape = Shape {
    section: "3.13",
    required: &["version", "runs"],
    optional: &["$schema"],
};
const RUN: Shape = Shape {
    section: "3.14",
    required: &["tool"],
    optional: &["results", "columnKind"],
};
const TOOL: Shape = Shape {
    section: "3.18",
    required: &["driver"],
    optional: &[],
};
const DRIVER: Shape = Shape {
    section: "3.19",
    required: &["name"],
    optional: &["semanticVersion", "informationUri", "rules"],
};
const RULE: Shape = Shape {
    section: "3.49",
    required: &["id"],
    optional: &[
        "shortDescription",
        "fullDescription",
        "help",
        "defaultConfiguration",
    ],
};
const CONFIGURATION: Shape = Shape {
    section: "3.50",
    required: &[],
    optional: &["level"],
};
const TEXT: Shape = Shape {
    section: "3.11 and 3.12",
    required: &["text"],
    optional: &[],
};
const RESULT: Shape = Shape {
    section: "3.27",
    required: &["message"],
    optional: &["ruleId", "ruleIndex", "level", "locations", "suppressions"],
};
const LOCATION: Shape = Shape {
    section: "3.28",
    required: &[],
    optional: &["physicalLocation"],
};
const PHYSICAL: Shape = Shape {
    section: "3.29",
    required: &["artifactLocation"],
    optional: &["region"],
};
const ARTIFACT: Shape = Shape {
    section: "3.4",
    required: &["uri"],
    optional: &[],
};
const REGION: Shape = Shape {
    section: "3.30",
    required: &["startLine"],
    optional: &["startColumn", "endLine", "endColumn"],
};
const SUPPRESSION: Shape = Shape {
    section: "3.35",
    required: &["kind"],
    optional: &["justification"],
};

impl Shape {
    /// Holds an object to its properties.
    fn holds(&self, value: &Value) {
        let object = value.as_object();
        let object = object.unwrap_or_else(|| panic!("{}: no object: {value}", self.section));
        for name in self.required {
            assert!(
                object.contains_key(*name),
                "{}: {name}: {value}",
                self.section
            );
        }
        for name in object.keys().map(String::as_str) {
            let is_known = self.required.contains(&name) || self.optional.contains(&name);
            assert!(is_known, "{}: there is no `{name}`: {value}", self.section);
        }
    }
}

/// Holds a document to the standard; returns its results.
pub(crate) fn results_of(document: &Value) -> &[Value] {
    LOG.holds(document);
    assert_eq!(document["version"], "2.1.0");
    let [run] = &list(&document["runs"])[..] else {
        panic!("one run: {document}");
    };
    RUN.holds(run);
    let is_kind = |kind: &Value| kind == "unicodeCodePoints" || kind == "utf16CodeUnits";
    assert!(is_kind(&run["columnKind"]), "3.14.17");
    TOOL.holds(&run["tool"]);
    let driver = &run["tool"]["driver"];
    DRIVER.holds(driver);
    let version = driver["semanticVersion"].as_str().unwrap_or_default();
    let is_number = |part: &str| part.parse::<u32>().is_ok();
    let parts: Vec<&str> = version.split('.').collect();
    assert!(
        parts.len() == 3 && parts.into_iter().all(is_number),
        "3.19.12: {version}"
    );
    let uri = driver["informationUri"].as_str().unwrap_or_default();
    assert!(uri.starts_with("https://"), "3.19.17: {uri}");
    holds_uri(&driver["informationUri"]);
    let rules = list(&driver["rules"]);
    rules.iter().for_each(holds_rule);
    let mut ids: Vec<&str> = rules
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rules.len(), "3.19.23: {rules:?}");
    let results = list(&run["results"]);
    for result in results {
        holds_result(result);
        let index = result["ruleIndex"].as_u64().expect("3.27.6: an index");
        let index = usize::try_from(index).expect("a small one");
        assert_eq!(rules[index]["id"], result["ruleId"], "3.52.4");
    }
    let says = |result: &&Value| result.get("suppressions").is_some();
    let count = results.iter().filter(says).count();
    assert!(count == 0 || count == results.len(), "3.27.23");
    results
}

/// Holds each place of a document to the file that it names: returns the text there, with the rule.
pub(crate) fn places_of(document: &Value, read: impl Fn(&str) -> String) -> Vec<(String, String)> {
    assert_eq!(document["runs"][0]["columnKind"], "unicodeCodePoints");
    let place = |result: &Value| {
        let physical = &result["locations"][0]["physicalLocation"];
        let uri = physical["artifactLocation"]["uri"].as_str();
        let file = decoded(uri.expect("a text"));
        let (text, region) = (read(&file), &physical["region"]);
        let number = |name: &str| {
            let number = region[name].as_u64().expect("a number");
            usize::try_from(number).expect("a small one")
        };
        assert_eq!(
            number("startLine"),
            number("endLine"),
            "the tests' are short"
        );
        let line = text.lines().nth(number("startLine") - 1);
        let letters: Vec<char> = line.expect("there is such a line").chars().collect();
        let said = &letters[number("startColumn") - 1..number("endColumn") - 1];
        let rule = result["ruleId"].as_str().expect("a text");
        (rule.to_owned(), said.iter().collect())
    };
    results_of(document).iter().map(place).collect()
}

/// Returns the path that a relative URI stands for.
fn decoded(uri: &str) -> String {
    let mut parts = uri.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (number, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(number, 16).expect("two digits"));
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("the names of the tests are UTF-8")
}

fn list(value: &Value) -> &Vec<Value> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value}"))
}

fn is_text(value: &Value) {
    assert!(
        value.as_str().is_some_and(|text| !text.is_empty()),
        "{value}"
    );
}

/// A brace is doubled where it begins no placeholder, of which there are none.
fn is_message(value: &Value) {
    is_text(value);
    let text = value.as_str().unwrap_or_default();
    let rest = text.replace("{{", "").replace("}}", "");
    assert!(!rest.contains(['{', '}']), "3.11.5: {text}");
}

fn is_level(value: &Value) {
    let is_one = ["none", "note", "warning", "error"]
        .iter()
        .any(|level| value == level);
    assert!(is_one, "3.27.10: {value}");
}

fn holds_rule(rule: &Value) {
    RULE.holds(rule);
    is_text(&rule["id"]);
    for name in ["shortDescription", "fullDescription", "help"] {
        TEXT.holds(&rule[name]);
        is_message(&rule[name]["text"]);
    }
    CONFIGURATION.holds(&rule["defaultConfiguration"]);
    is_level(&rule["defaultConfiguration"]["level"]);
}

fn holds_result(result: &Value) {
    RESULT.holds(result);
    TEXT.holds(&result["message"]);
    is_message(&result["message"]["text"]);
    is_level(&result["level"]);
    for location in list(&result["locations"]) {
        LOCATION.holds(location);
        let physical = &location["physicalLocation"];
        PHYSICAL.holds(physical);
        ARTIFACT.holds(&physical["artifactLocation"]);
        holds_uri(&physical["artifactLocation"]["uri"]);
        holds_region(&physical["region"]);
    }
    if let Some(suppressions) = result.get("suppressions") {
        for suppression in list(suppressions) {
            SUPPRESSION.holds(suppression);
            assert_eq!(suppression["kind"], "inSource", "3.35.2");
        }
    }
}

/// A URI reference has no blank, no backslash, and no letter but those of ASCII; of others it has the
/// numbers (RFC 3986).
fn holds_uri(uri: &Value) {
    is_text(uri);
    let text = uri.as_str().unwrap_or_default();
    let is_allowed = |letter: char| letter.is_ascii_graphic() && !"\\\"<>^`{|}".contains(letter);
    assert!(text.chars().all(is_allowed), "3.4.3: {text}");
    for encoded in text.split('%').skip(1) {
        let digits = encoded.chars().take(2);
        let count = digits.filter(char::is_ascii_hexdigit).count();
        assert_eq!(count, 2, "a `%` begins a letter: {text}");
    }
}

/// Lines and columns count from 1, and a region ends where it begins or behind that.
fn holds_region(region: &Value) {
    REGION.holds(region);
    let number = |name: &str| {
        let number = region[name].as_u64();
        number.unwrap_or_else(|| panic!("3.30: {name}: {region}"))
    };
    let (start, end) = (
        (number("startLine"), number("startColumn")),
        (number("endLine"), number("endColumn")),
    );
    assert!(start.0 > 0 && start.1 > 0 && start <= end, "3.30: {region}");
}
