//! The order of tables that refer to each other, circles among them: a pure function of their
//! references.

/// A reference from one table to another, by their places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Whether its check can be put off, so that `from` may come first.
    pub(super) can_wait: bool,
}

/// Tables that refer to each other in a circle, or one alone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The order in which they can be filled; those that are tied to each other where there is none.
    pub(super) ordered: Result<Vec<usize>, Vec<usize>>,
}

/// Returns the groups so that each comes behind those to which it refers, the least place first
/// where either may be.
pub(super) fn in_order(count: usize, links: &[Link]) -> Vec<Group> {
    let mut left: Vec<usize> = (0..count).collect();
    let mut groups = Vec::new();
    while let Some(circle) = next_circle(&left, links) {
        left.retain(|table| !circle.contains(table));
        groups.push(Group {
            ordered: ordered(circle, links),
        });
    }
    groups
}

/// Returns the first tables that refer to none of the others that are left.
fn next_circle(left: &[usize], links: &[Link]) -> Option<Vec<usize>> {
    let circles = left.iter().map(|table| reached(*table, left, links));
    // Whatever refers to others reaches more than they do.
    circles.min_by_key(Vec::len)
}

/// Returns the tables that one refers to, directly or by others, and itself.
fn reached(table: usize, left: &[usize], links: &[Link]) -> Vec<usize> {
    let mut reached = vec![table];
    let mut next = 0;
    while let Some(from) = reached.get(next).copied() {
        for link in links.iter().filter(|link| link.from == from) {
            if left.contains(&link.to) && !reached.contains(&link.to) {
                reached.push(link.to);
            }
        }
        next += 1;
    }
    reached.sort_unstable();
    reached
}

/// Orders the tables of a circle so that no reference that cannot wait points to a later one.
fn ordered(circle: Vec<usize>, links: &[Link]) -> Result<Vec<usize>, Vec<usize>> {
    let mut left = circle;
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let waits = |table: &usize| {
            let mut links = links.iter().filter(|link| link.from == *table);
            links.any(|link| !link.can_wait && left.contains(&link.to))
        };
        let Some(free) = left.iter().position(|table| !waits(table)) else {
            return Err(left);
        };
        ordered.push(left.remove(free));
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the groups of four tables; a link with `true` can wait.
    fn groups(links: &[(usize, usize, bool)]) -> Vec<Result<Vec<usize>, Vec<usize>>> {
        let link = |&(from, to, can_wait): &(usize, usize, bool)| Link { from, to, can_wait };
        let links: Vec<Link> = links.iter().map(link).collect();
        let groups = in_order(4, &links);
        groups.into_iter().map(|group| group.ordered).collect()
    }

    #[test]
    fn parents_come_first_and_circles_stand_together() {
        for (links, expected) in [
            (
                &[][..],
                vec![Ok(vec![0]), Ok(vec![1]), Ok(vec![2]), Ok(vec![3])],
            ),
            (
                &[(0, 1, false), (1, 3, false), (2, 0, false)][..],
                vec![Ok(vec![3]), Ok(vec![1]), Ok(vec![0]), Ok(vec![2])],
            ),
            (
                &[(0, 2, false), (2, 0, true), (2, 3, false), (1, 0, false)][..],
                vec![Ok(vec![3]), Ok(vec![2, 0]), Ok(vec![1])],
            ),
            (
                &[(0, 1, false), (1, 2, false), (2, 0, false)][..],
                vec![Ok(vec![3]), Err(vec![0, 1, 2])],
            ),
        ] {
            assert_eq!(groups(links), expected, "{links:?}");
        }
    }
}
