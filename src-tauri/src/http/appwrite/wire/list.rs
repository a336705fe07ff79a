//! Lists on the wire: how many match, and one page of them under the plural's name.

use drydock_core::list::Page;
use serde::Serialize;

use super::{Execution, Function, Membership, Runtime, Tag, Team, User};

macro_rules! list {
    ($name:ident, $field:ident, $row:ty) => {
        /// One page.
        #[derive(Debug, Serialize)]
        pub(in crate::http) struct $name {
            sum: i64,
            $field: Vec<$row>,
        }

        impl<T: Into<$row>> From<Page<T>> for $name {
            fn from(page: Page<T>) -> Self {
                Self {
                    sum: page.sum,
                    $field: page.rows.into_iter().map(Into::into).collect(),
                }
            }
        }
    };
}

list!(FunctionList, functions, Function);
list!(TagList, tags, Tag);
list!(ExecutionList, executions, Execution);
list!(RuntimeList, runtimes, Runtime);
list!(UserList, users, User);
list!(TeamList, teams, Team);
list!(MembershipList, memberships, Membership);
