//! Door locks: who did what, how and when.

use super::object::Object;
use crate::Value;
use crate::ble::formats::instant;

/// Which state an action sets (true: unlocked, or released), of which lock, and its name.
static ACTIONS: [(bool, &str, &str); 9] = [
    (true, "lock", "unlock_outside_the_door"),
    (false, "lock", "locked"),
    (false, "antilock", "turn_on_antilock"),
    (true, "antilock", "release_the_antilock"),
    (true, "lock", "unlock_inside_the_door"),
    (false, "lock", "lock_inside_the_door"),
    (false, "childlock", "turn_on_child_lock"),
    (true, "childlock", "turn_off_child_lock"),
    (false, "lock", "lock_outside_the_door"),
];
const ABNORMAL: (bool, &str, &str) = (true, "lock", "abnormal");

static METHODS: [&str; 12] = [
    "bluetooth",
    "password",
    "biometrics",
    "key",
    "turntable",
    "nfc",
    "one_time_password",
    "two_step_verification",
    "coercion",
    "homekit",
    "manual",
    "automatic",
];

/// Key ids that are no keys but alarms.
static ERRORS: &[(u32, &str)] = &[
    (0xc0de_0000, "frequent_unlocking_with_incorrect_password"),
    (0xc0de_0001, "frequent_unlocking_with_wrong_fingerprints"),
    (0xc0de_0002, "operation_timeout_password_input_timeout"),
    (0xc0de_0003, "lock_picking"),
    (0xc0de_0004, "reset_button_is_pressed"),
    (0xc0de_0005, "the_wrong_key_is_frequently_unlocked"),
    (0xc0de_0006, "foreign_body_in_the_keyhole"),
    (0xc0de_0007, "the_key_has_not_been_taken_out"),
    (0xc0de_0008, "error_nfc_frequently_unlocks"),
    (0xc0de_0009, "timeout_is_not_locked_as_required"),
    (0xc0de_000a, "failure_to_unlock_frequently_in_multiple_ways"),
    (0xc0de_000b, "unlocking_the_face_frequently_fails"),
    (0xc0de_000c, "failure_to_unlock_the_vein_frequently"),
    (0xc0de_000d, "hijacking_alarm"),
    (0xc0de_000e, "unlock_inside_the_door_after_arming"),
    (0xc0de_000f, "palmprints_frequently_fail_to_unlock"),
    (0xc0de_0010, "the_safe_was_moved"),
    (0xc0de_1000, "the_battery_level_is_less_than_10_percent"),
    (0xc0de_1001, "the_battery_level_is_less_than_5_percent"),
    (0xc0de_1002, "the_fingerprint_sensor_is_abnormal"),
    (0xc0de_1003, "the_accessory_battery_is_low"),
    (0xc0de_1004, "mechanical_failure"),
    (0xc0de_1005, "the_lock_sensor_is_faulty"),
];

/// Whose key it was: a number, or what the special ones mean. Keys other than Bluetooth ones count
/// to 65,535, their kind stands above.
fn key_id(id: u32) -> Value {
    match id {
        0 => "administrator".into(),
        0xffff_ffff => "unknown_operator".into(),
        0xdead_beef => "invalid_operator".into(),
        1..=0x7fff_ffff => id.into(),
        _ => (id & 0xffff).into(),
    }
}

/// Object 0x000b: action (low nibble) and method (high nibble) u8 | key u32 | time u32.
pub(super) fn lock(o: &mut Object<'_>) {
    let (code, id) = (usize::from(o.first()), o.unsigned(1, 4));
    let action = match code & 0xf {
        0xf => Some(ABNORMAL),
        known => ACTIONS.get(known).copied(),
    };
    let method = match code >> 4 {
        0xf => Some("abnormal"),
        known => METHODS.get(known).copied(),
    };
    let (Some((state, which, action)), Some(method)) = (action, method) else {
        return;
    };
    // Only this model has its locks apart.
    o.put(if o.model == "ZNMS17LM" { which } else { "lock" }, state);
    o.put("action", action);
    o.put("lock_method", method);
    match ERRORS.iter().find(|(error, _)| *error == id) {
        Some((_, error)) => o.put("error", *error),
        None => o.put("key_id", key_id(id)),
    }
    o.put("timestamp", instant::iso(o.unsigned(5, 4)));
}

/// Object 0x0006: key u32 | result u8.
pub(super) fn fingerprint(o: &mut Object<'_>) {
    const RESULTS: [&str; 7] = [
        "fingerprint_match_successful",
        "fingerprint_match_failed",
        "fingerprint_timeout",
        "fingerprint_low_quality_too_light_fuzzy",
        "fingerprint_insufficient_area",
        "fingerprint_skin_is_too_dry",
        "fingerprint_skin_is_too_wet",
    ];
    let result = o.unsigned(4, 1);
    o.put("fingerprint", result == 0);
    // Here the invalid operator stands in the other byte order.
    let id = match o.unsigned(0, 4) {
        0xefbe_adde => Value::from("invalid_operator"),
        id @ (0 | 0xffff_ffff) => key_id(id),
        id => id.into(),
    };
    o.put("key_id", id);
    if let Some(result) = RESULTS.get(result as usize) {
        o.put("action", *result);
    }
}

/// Object 0x0007: what happened to the door.
pub(super) fn door(o: &mut Object<'_>) {
    match o.first() {
        0 => {
            o.put("door", true);
            o.put("door_stuck", false);
            o.put("knock_on_the_door", false);
        }
        1 => {
            o.put("door", false);
            o.put("door_left_open", false);
            o.put("pry_the_door", false);
        }
        2 => {
            o.put("door", true);
            o.put("door_left_open", true);
        }
        3 => {
            o.put("door", false);
            o.put("knock_on_the_door", true);
        }
        4 => {
            o.put("door", true);
            o.put("pry_the_door", true);
        }
        5 => {
            o.put("door", false);
            o.put("door_stuck", true);
        }
        _ => {}
    }
}

/// Object 0x0008: armed against intruders when nobody is at home. One model says with it that its
/// handle was lifted outside.
pub(super) fn armed(o: &mut Object<'_>) {
    let armed = o.first() != 1;
    o.put("armed", armed);
    if o.model == "DSL-C08" {
        o.put("lock", armed);
        o.put("action", "lock_outside_the_door");
        o.put("lock_method", "manual");
    } else if o.data.len() == 5 {
        o.put("timestamp", instant::iso(o.unsigned(1, 4)));
    }
}

/// Object 0x100e: bit 0 locked, bit 3 child lock.
pub(super) fn attribute(o: &mut Object<'_>) {
    let bits = o.first();
    o.put("lock", bits & 1 == 0);
    o.put("childlock", bits >> 3 != 1);
}
