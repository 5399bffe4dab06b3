//! Plans how the rows of a table are made: the layout, and what of the rows that are there it needs.

mod combined;
mod referring;

use super::asked::{Asked, Pair, asked};
use super::chance::Chance;
use super::content::Content;
use super::draft::Draft;
use super::error::GenerateError;
use super::layout::{Ground, Group, Layout, Origin, Parent, Part, Uses};
use super::maker::{Draw, Made, Maker, Making, References};
use super::pool::Pool;
use super::read;
use super::usual::percent_null;
use crate::backend::Backend;
use crate::backend::error::During;
use crate::backend::rows::{TableRules, TableShape};

/// How the rows of a table are made.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) maker: Maker,
    /// The columns that are given, in the order of a row's values.
    pub(super) columns: Vec<String>,
    /// Those that are left to the database.
    pub(super) left: Vec<String>,
    /// The columns of each kind of combination.
    pub(super) combined: Vec<Vec<String>>,
}

/// What rows are planned of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) shape: &'a TableShape,
    pub(super) rules: &'a TableRules,
    pub(super) rows: u64,
    pub(super) seed: u64,
}

/// Plans the rows.
pub(super) fn plan(backend: &mut dyn Backend, wanted: Wanted<'_>) -> Result<Plan, GenerateError> {
    let table = wanted.shape.name.to_string();
    let (asked, pairs) = asked((&table, wanted.rules), backend.dialect())?;
    let ground = Ground {
        shape: wanted.shape,
        rules: wanted.rules,
        asked: &asked,
    };
    let (layout, pools) = referring::lay_out(backend, ground, wanted.rows)?;
    let chance = Chance::of(wanted.seed).named(&wanted.shape.name.name);
    let planner = Planner {
        ground,
        layout: &layout,
        rows: wanted.rows,
        chance,
    };
    let there = read::count(backend, &wanted.shape.name).during("count the rows")?;
    let combinations = planner.combinations(backend, &pools)?;
    let columns = planner.columns(backend)?;
    let names = |places: &[usize]| {
        let names = places
            .iter()
            .map(|place| wanted.rules.columns[*place].name.clone());
        names.collect::<Vec<String>>()
    };
    let left: Vec<usize> = planner.left().collect();
    Ok(Plan {
        columns: columns.iter().map(|column| column.name.clone()).collect(),
        left: names(&left),
        combined: layout
            .combinations
            .iter()
            .map(|combination| names(&combination.columns))
            .collect(),
        maker: Maker {
            columns,
            references: planner.references(pools),
            passed: vec![0; combinations.len()],
            combinations,
            pairs: planner.pairs(pairs),
            there,
            draft: Draft::default(),
        },
    })
}

struct Planner<'a> {
    ground: Ground<'a>,
    layout: &'a Layout,
    rows: u64,
    chance: Chance,
}

impl Planner<'_> {
    fn asked(&self, place: usize) -> &Asked<'_> {
        &self.ground.asked[place]
    }

    fn name(&self, place: usize) -> &str {
        &self.ground.rules.columns[place].name
    }

    /// Returns the places of the columns that are given.
    fn made(&self) -> impl Iterator<Item = usize> {
        let origins = self.layout.origins.iter().enumerate();
        origins
            .filter(|(_, origin)| **origin != Origin::Database)
            .map(|(place, _)| place)
    }

    fn left(&self) -> impl Iterator<Item = usize> {
        let origins = self.layout.origins.iter().enumerate();
        origins
            .filter(|(_, origin)| **origin == Origin::Database)
            .map(|(place, _)| place)
    }

    fn columns(&self, backend: &mut dyn Backend) -> Result<Vec<Made>, GenerateError> {
        self.made()
            .map(|place| {
                Ok(Made {
                    name: self.name(place).to_owned(),
                    making: self.making(backend, place)?,
                    chance: self.chance.named(self.name(place)),
                })
            })
            .collect()
    }

    fn making(&self, backend: &mut dyn Backend, place: usize) -> Result<Making, GenerateError> {
        let asked = self.asked(place);
        let reading = "read the values that are there";
        match (&self.layout.origins[place], &asked.content) {
            (Origin::Group(group, member), _) => Ok(Making::Group {
                group: *group,
                member: *member,
            }),
            (Origin::OwnRow(key, parent), _) => Ok(self.own_row(place, *key, *parent)),
            (Origin::Made, Some(content)) => Ok(Making::Each {
                content: content.clone(),
                nulls: self.nulls(place),
            }),
            (Origin::Scattered, Some(content)) => Ok(Making::Scattered {
                content: content.clone(),
                lot: read::lot(backend, self.ground, place).during(reading)?,
            }),
            (Origin::Numbered, Some(content)) => {
                let numbers = read::free_numbers(backend, self.ground, (place, content), self.rows);
                let numbers = numbers.during(reading)?;
                self.refuse_no_room(&[place], numbers.room())?;
                Ok(Making::Numbered {
                    content: content.clone(),
                    numbers,
                })
            }
            (Origin::Combined(combination, part), Some(content)) => Ok(Making::Combined {
                content: content.clone(),
                low: content.numbers().map_or(0, |(low, _)| low),
                combination: *combination,
                part: *part,
            }),
            _ => Ok(Making::Null),
        }
    }

    /// Returns how often in a hundred rows a column is NULL.
    fn nulls(&self, place: usize) -> u32 {
        let asked = self.asked(place);
        let in_key = self
            .ground
            .shape
            .primary_key()
            .is_some_and(|key| key.iter().any(|column| column == self.name(place)));
        if asked.nullable && !in_key {
            percent_null(&asked.words)
        } else {
            0
        }
    }

    /// Lets a column refer to rows of this run; to rows before it only where their keys are known
    /// without making them again.
    fn own_row(&self, place: usize, key: usize, parent: Parent) -> Making {
        let nullable = self.asked(place).nullable;
        let is_known = matches!(
            self.layout.origins[key],
            Origin::Numbered | Origin::Scattered
        );
        match self.made().position(|made| made == key) {
            Some(key) if is_known || !nullable => Making::OwnRow {
                key,
                parent: if is_known { parent } else { Parent::Itself },
                nullable,
            },
            _ => Making::Null,
        }
    }

    fn refuse_no_room(&self, places: &[usize], room: u64) -> Result<(), GenerateError> {
        if room >= self.rows {
            return Ok(());
        }
        Err(GenerateError::NoRoom {
            table: self.ground.shape.name.to_string(),
            columns: places
                .iter()
                .map(|place| self.name(*place).to_owned())
                .collect(),
            room,
            rows: self.rows,
            referenced: None,
        })
    }

    fn references(&self, pools: Vec<Pool>) -> Vec<References> {
        let groups = self.layout.groups.iter().enumerate().zip(pools);
        let references = groups.map(|((index, group), pool)| References {
            pool,
            draw: self.draw(index, group),
            chance: self
                .chance
                .named("references")
                .named(self.name(group.columns[0])),
        });
        references.collect()
    }

    fn draw(&self, index: usize, group: &Group) -> Draw {
        match group.uses {
            Uses::Once => Draw::InOrder,
            Uses::Combined => {
                let combinations = self.layout.combinations.iter().enumerate();
                let mut parts = combinations.flat_map(|(combination, all)| {
                    let parts = all.parts.iter().enumerate();
                    parts.map(move |(part, of)| (combination, part, *of))
                });
                let found = parts.find(|(.., of)| *of == Part::Group(index));
                found.map_or(Draw::InOrder, |(combination, part, _)| Draw::Combined {
                    combination,
                    part,
                })
            }
            Uses::Any => Draw::Any {
                nulls: group
                    .columns
                    .iter()
                    .map(|place| self.nulls(*place))
                    .min()
                    .unwrap_or(0),
            },
        }
    }

    /// Returns the pairs of columns that are both made, and whose values can be compared, by their
    /// places among those that are made.
    fn pairs(&self, pairs: Vec<Pair>) -> Vec<Pair> {
        let made: Vec<usize> = self.made().collect();
        let among = |place| made.iter().position(|column| *column == place);
        let comparable = |pair: &Pair| {
            let form = |place: usize| match &self.asked(place).content {
                Some(Content::Ordered(span)) => Some(span.form),
                _ => None,
            };
            form(pair.left) == form(pair.right)
        };
        let kept = pairs.into_iter().filter(comparable).filter_map(|pair| {
            Some(Pair {
                left: among(pair.left)?,
                right: among(pair.right)?,
                ..pair
            })
        });
        kept.collect()
    }
}
