//! Lists: which page of how many rows a caller wants.

/// Most rows in a page.
pub const MAX_LIMIT: i64 = 100;
/// Rows in a page where none are asked for.
pub const DEFAULT_LIMIT: i64 = 25;
/// Furthest offset.
pub const MAX_OFFSET: i64 = 5000;
/// Longest search text, in characters.
pub const MAX_SEARCH_LENGTH: usize = 256;
/// `sum` counts no further than this.
pub const MAX_SUM: i64 = 5000;

/// The order of a list. Natural order is the order of insertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// On which side of the cursor the page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorDirection {
    /// The page begins right after the cursor.
    After,
    /// The page ends right before the cursor; without a cursor it is the last page.
    Before,
}

/// Which page of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Words to search; any may match. Empty: all rows.
    pub search: String,
    /// Most rows.
    pub limit: i64,
    /// Rows to pass over.
    pub offset: i64,
    /// The id that the page lies beside; not part of the page.
    pub cursor: Option<String>,
    /// The side of it.
    pub direction: CursorDirection,
    /// The order.
    pub order: Order,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            search: String::new(),
            limit: DEFAULT_LIMIT,
            offset: 0,
            cursor: None,
            direction: CursorDirection::After,
            order: Order::Ascending,
        }
    }
}

/// One page, and how many rows match in all (counted up to [`MAX_SUM`]).
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// All that match.
    pub sum: i64,
}
