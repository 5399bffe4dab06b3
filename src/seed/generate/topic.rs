//! What the texts of a column are about, guessed from its name, and its table's.
//!
//! Pure. How they are written, is for `text`.

use super::name::Words;

/// What a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Email,
    FirstName,
    LastName,
    Person,
    /// What somebody is called by a machine.
    Handle,
    Phone,
    City,
    Country,
    CountryCode,
    Region,
    Street,
    Zip,
    Company,
    Job,
    Industry,
    Thing,
    Title,
    Prose,
    Slug,
    Url,
    Host,
    Ip,
    Agent,
    Color,
    Currency,
    Language,
    Zone,
    /// Hexadecimal digits that nobody can guess.
    Token,
    Uuid,
    Code,
    File,
    Moment,
    Day,
    Word,
}

/// The words of a column's name by which its topic is known; the first that fit count.
pub(super) const BY_LAST_WORD: &[(&[&str], Topic)] = &[
    (&["email", "mail"], Topic::Email),
    (&["firstname", "forename"], Topic::FirstName),
    (&["lastname", "surname"], Topic::LastName),
    (&["fullname", "author", "contact", "guest"], Topic::Person),
    (
        &["username", "login", "handle", "nickname", "nick"],
        Topic::Handle,
    ),
    (
        &["phone", "mobile", "fax", "telephone", "tel"],
        Topic::Phone,
    ),
    (&["city", "town"], Topic::City),
    (&["country", "nationality"], Topic::Country),
    (&["region", "province"], Topic::Region),
    (&["street", "address", "line1", "address1"], Topic::Street),
    (&["zip", "zipcode", "postcode"], Topic::Zip),
    (
        &[
            "company",
            "organisation",
            "organization",
            "employer",
            "vendor",
        ],
        Topic::Company,
    ),
    (&["job", "profession", "occupation"], Topic::Job),
    (&["industry", "sector"], Topic::Industry),
    (&["title", "subject", "headline", "caption"], Topic::Title),
    (
        &[
            "description",
            "bio",
            "notes",
            "note",
            "body",
            "content",
            "comment",
            "comments",
            "message",
            "text",
            "summary",
            "about",
            "remark",
            "remarks",
        ],
        Topic::Prose,
    ),
    (&["slug"], Topic::Slug),
    (
        &["url", "link", "website", "homepage", "uri", "href"],
        Topic::Url,
    ),
    (&["host", "hostname", "domain"], Topic::Host),
    (&["ip"], Topic::Ip),
    (&["color", "colour"], Topic::Color),
    (&["currency"], Topic::Currency),
    (&["language", "locale", "lang"], Topic::Language),
    (&["timezone", "tz"], Topic::Zone),
    (
        &[
            "token",
            "hash",
            "digest",
            "secret",
            "password",
            "key",
            "fingerprint",
        ],
        Topic::Token,
    ),
    (&["uuid", "guid", "id"], Topic::Uuid),
    (
        &["code", "sku", "reference", "number", "no", "isbn", "iban"],
        Topic::Code,
    ),
    (
        &["file", "filename", "path", "image", "avatar", "photo"],
        Topic::File,
    ),
    (&["at", "timestamp", "datetime"], Topic::Moment),
    (&["on", "date", "day", "birthday", "birthdate"], Topic::Day),
];

/// Tables whose rows are people, and whose are companies.
const PEOPLE: &[&str] = &[
    "user",
    "users",
    "person",
    "people",
    "customer",
    "customers",
    "employee",
    "employees",
    "member",
    "members",
    "contact",
    "contacts",
    "author",
    "authors",
    "guest",
    "guests",
    "student",
    "students",
    "patient",
    "patients",
    "client",
    "clients",
    "admin",
    "admins",
    "profile",
    "profiles",
    "staff",
];
const COMPANIES: &[&str] = &[
    "company",
    "companies",
    "organisation",
    "organisations",
    "organization",
    "organizations",
    "tenant",
    "tenants",
    "supplier",
    "suppliers",
    "vendor",
    "vendors",
    "brand",
    "brands",
];

/// Returns what the texts of a column are about.
pub(super) fn topic(table: &Words, column: &Words, longest: Option<usize>) -> Topic {
    let by_pair = [
        (["first", "name"], Topic::FirstName),
        (["given", "name"], Topic::FirstName),
        (["last", "name"], Topic::LastName),
        (["family", "name"], Topic::LastName),
        (["full", "name"], Topic::Person),
        (["user", "name"], Topic::Handle),
        (["user", "agent"], Topic::Agent),
        (["file", "name"], Topic::File),
        (["company", "name"], Topic::Company),
        (["time", "zone"], Topic::Zone),
        (["country", "code"], Topic::CountryCode),
        (["currency", "code"], Topic::Currency),
        (["language", "code"], Topic::Language),
        (["postal", "code"], Topic::Zip),
        (["zip", "code"], Topic::Zip),
        (["job", "title"], Topic::Job),
        (["email", "address"], Topic::Email),
        (["ip", "address"], Topic::Ip),
        (["phone", "number"], Topic::Phone),
    ];
    if let Some((_, topic)) = by_pair.iter().find(|(pair, _)| column.follow(pair)) {
        return *topic;
    }
    let known = BY_LAST_WORD.iter().find(|(words, _)| column.ends_in(words));
    match known {
        Some((_, Topic::Country)) if longest.is_some_and(|longest| longest < 4) => {
            Topic::CountryCode
        }
        Some((_, topic)) => *topic,
        None if column.are(&["name"]) && table.has(PEOPLE) => Topic::Person,
        None if column.are(&["name"]) && table.has(COMPANIES) => Topic::Company,
        None if column.ends_in(&["name", "label"]) => Topic::Thing,
        None if column.are(&["state"]) && table.has(&["address", "addresses"]) => Topic::Region,
        None => Topic::Word,
    }
}

impl Topic {
    /// Returns what stands between a text and the number that keeps it apart from others.
    pub(super) fn separator(self) -> char {
        match self {
            Self::Handle | Self::Slug | Self::Code | Self::Host | Self::File | Self::Word => '-',
            Self::Url => '/',
            Self::Email => '.',
            _ => ' ',
        }
    }

    /// Returns whether no two texts are the same, for all practical purposes.
    pub(super) fn is_scattered(self) -> bool {
        matches!(self, Self::Token | Self::Uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_s_name_says_what_its_texts_are_about() {
        for (table, column, expected) in [
            ("users", "email", Topic::Email),
            ("users", "contactEmail", Topic::Email),
            ("users", "name", Topic::Person),
            ("products", "name", Topic::Thing),
            ("companies", "Name", Topic::Company),
            ("users", "first_name", Topic::FirstName),
            ("users", "phone_number", Topic::Phone),
            ("orders", "order_number", Topic::Code),
            ("users", "password_hash", Topic::Token),
            ("users", "country_code", Topic::CountryCode),
            ("addresses", "state", Topic::Region),
            ("events", "created_at", Topic::Moment),
            ("users", "status", Topic::Word),
        ] {
            let found = topic(&Words::of(table), &Words::of(column), None);
            assert_eq!(found, expected, "{table}.{column}");
        }
        let short = topic(&Words::of("users"), &Words::of("country"), Some(2));
        assert_eq!(short, Topic::CountryCode);
    }
}
