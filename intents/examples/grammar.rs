//! Prints what a speech recogniser should listen for: `grammar LANGUAGE HOME.json`.

use intents::{Engine, Home};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(language), Some(home)) = (arguments.next(), arguments.next()) else {
        return Err("usage: grammar LANGUAGE HOME.json".into());
    };
    let home: Home = serde_json::from_str(&std::fs::read_to_string(home)?)?;
    let mut engine = Engine::new(&language)?;
    engine.set_home(&home);
    for phrase in engine.grammar().phrases {
        println!("{phrase}");
    }
    Ok(())
}
