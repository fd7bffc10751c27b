//! What people say: text becomes an intent; speech becomes text in another process.
