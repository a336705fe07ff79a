//! Notifications, as the session's bus sees them.
