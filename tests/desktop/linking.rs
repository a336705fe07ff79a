//! Folders that are given to the page: picked in the system's dialog, or dropped on the window.
