//! What can go wrong in the store.

/// Why the store could not do as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A later version of the program wrote this database; this one must not touch it.
    #[error(
        "the database was last used by a newer version of Regatta (its shape is {found}, this version knows up to \
         {known}): start that version, or restore a copy made before the upgrade"
    )]
    Newer {
        /// The latest migration in the database.
        found: i64,
        /// The latest migration of this program.
        known: i64,
    },
    /// The database could not be brought up to this program's shape.
    #[error("the database could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Someone else changed it first; load it again.
    #[error("{0} was changed by someone else in between")]
    Stale(String),
    /// A row that no version of this program can have written.
    #[error("the stored {what} {id} cannot be read: {why}")]
    Inconsistent {
        /// What kind of thing it is.
        what: &'static str,
        /// Its identity.
        id: String,
        /// What is wrong with it.
        why: String,
    },
    /// The address in `database.url` cannot be used.
    #[error("database.url: {0}")]
    Address(String),
}
