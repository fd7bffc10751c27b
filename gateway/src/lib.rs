//! The gateway: joins radios and voice, keeps the state of the home, publishes it.
