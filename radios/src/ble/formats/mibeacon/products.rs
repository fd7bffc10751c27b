//! MiBeacon product identifiers.

/// One product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ble) struct Product {
    /// The identifier in the frame.
    pub(in crate::ble) id: u16,
    /// The maker's model name.
    pub(in crate::ble) model: &'static str,
    /// What it is, for people.
    pub(in crate::ble) description: &'static str,
    /// The maker.
    pub(in crate::ble) vendor: &'static str,
}

/// The product with this identifier.
#[must_use]
pub(in crate::ble) fn product(id: u16) -> Option<&'static Product> {
    PRODUCTS
        .binary_search_by_key(&id, |p| p.id)
        .ok()
        .and_then(|at| PRODUCTS.get(at))
}

/// The first product of this model.
#[must_use]
pub(in crate::ble) fn product_of_model(model: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|p| p.model == model)
}

const fn row(
    id: u16,
    model: &'static str,
    description: &'static str,
    vendor: &'static str,
) -> Product {
    Product {
        id,
        model,
        description,
        vendor,
    }
}

/// Sorted by identifier.
static PRODUCTS: &[Product] = &[
    row(0x0083, "YM-K1501", "Smart Kettle", "Xiaomi"),
    row(0x0098, "HHCCJCY01", "Plant Sensor", "Xiaomi"),
    row(0x00db, "MMC-T201-1", "Baby Thermometer", "Xiaomi"),
    row(0x0113, "YM-K1501EU", "Smart Kettle", "Xiaomi"),
    row(0x0153, "YLYK01YL", "Remote Control", "Xiaomi"),
    row(0x015d, "HHCCPOT002", "Smart Flower Pot", "Xiaomi"),
    row(0x01aa, "LYWSDCGQ", "Temperature/Humidity Sensor", "Xiaomi"),
    row(0x02df, "JQJCY01YM", "Formaldehyde Sensor", "Xiaomi"),
    row(0x0347, "CGG1", "Temperature/Humidity Sensor", "Xiaomi"),
    row(0x0380, "DSL-C08", "Door Lock", "Xiaomi"),
    row(0x0387, "MHO-C401", "Temperature/Humidity Sensor", "Xiaomi"),
    row(0x0391, "MMC-W505", "Body Thermometer", "Xiaomi"),
    row(0x03b6, "YLKG07YL/YLKG08YL", "Dimmer Switch", "Xiaomi"),
    row(0x03bc, "GCLS002", "Grow Care Garden", "Xiaomi"),
    row(0x03bf, "YLYB01YL-BHFRC", "Bathroom Heater Remote", "Xiaomi"),
    row(0x03d6, "CGH1", "Door/Window Sensor", "Xiaomi"),
    row(0x03dd, "MUE4094RT", "Nightlight", "Xiaomi"),
    row(0x040a, "WX08ZM", "Mosquito Repellent", "Xiaomi"),
    row(0x045b, "LYWSD02", "Temperature/Humidity Sensor", "Xiaomi"),
    row(0x045c, "V-SK152", "Smart Kettle", "Xiaomi"),
    row(0x0489, "M1S-T500", "Smart Toothbrush", "Xiaomi"),
    row(0x04e1, "XMMF01JQD", "Magic Cube", "Xiaomi"),
    row(
        0x04e6,
        "YLYK01YL-VENFAN",
        "Ventilator Fan Remote Control",
        "Xiaomi",
    ),
    row(0x04e9, "MJZNMSQ01YD", "Door Lock", "Xiaomi"),
    row(
        0x055b,
        "LYWSD03MMC",
        "Temperature/Humidity Sensor",
        "Xiaomi",
    ),
    row(0x0576, "CGD1", "3-in-1 Alarm Clock", "Xiaomi"),
    row(0x0599, "MJZNMS03LM", "Door Lock", "Xiaomi"),
    row(0x066f, "CGDK2", "Temperature/Humidity Sensor", "Xiaomi"),
    row(0x068e, "YLYK01YL-FANCL", "Fan Remote Control", "Xiaomi"),
    row(0x069e, "ZNMS16LM", "Door Lock", "Xiaomi"),
    row(0x069f, "ZNMS17LM", "Door Lock", "Xiaomi"),
    row(0x06d3, "MHO-C303", "Alarm Clock", "Xiaomi"),
    row(0x0784, "XMZNMS04LM", "Door Lock", "Xiaomi"),
    row(0x07bf, "YLAI003", "Wireless Switch", "Xiaomi"),
    row(0x07f6, "MJYD02YL", "Nightlight", "Xiaomi"),
    row(0x0806, "T700", "Smart Toothbrush", "Xiaomi"),
    row(0x0863, "SJWS01LM", "Flood Detector", "Xiaomi"),
    row(0x098b, "MCCGQ02HL", "Door/Window Sensor", "Xiaomi"),
    row(0x098c, "XMZNMST02YD", "Door Lock", "Xiaomi"),
    row(0x0997, "JTYJGD03MI", "Smoke Detector", "Xiaomi"),
    row(0x09b0, "loock.safe.v1", "Safe Box", "Xiaomi"),
    row(0x0a83, "CGPR1", "Motion/Light Sensor", "Xiaomi"),
    row(0x0a8d, "RTCGQ02LM", "Motion Sensor", "Xiaomi"),
    row(
        0x0b48,
        "CGG1-ENCRYPTED",
        "Temperature/Humidity Sensor",
        "Xiaomi",
    ),
    row(0x0c3c, "CGC1", "Alarm Clock", "Xiaomi"),
    row(0x0de7, "SU001-T", "Odor Eliminator", "Xiaomi"),
    row(0x0dfd, "K9B-3BTN", "Switch (triple button)", "Xiaomi"),
    row(0x0e39, "XMZNMS08LM", "Door Lock", "Xiaomi"),
    row(0x11c2, "Lockin-SV40", "Door Lock", "Xiaomi"),
    row(0x1203, "XMWSDJ04MMC", "Thermometer", "Xiaomi"),
    row(0x1568, "K9B-1BTN", "Switch (single button)", "Xiaomi"),
    row(0x1569, "K9B-2BTN", "Switch (double button)", "Xiaomi"),
    row(
        0x16e4,
        "LYWSD02MMC",
        "Temperature/Humidity Sensor",
        "Xiaomi",
    ),
    row(0x1790, "T700", "Smart Toothbrush", "Xiaomi"),
    row(0x1889, "MS1BB(MI)", "Door/Window Sensor", "Xiaomi"),
    row(0x18e3, "ZX1", "Sleep Tracker", "Xiaomi"),
    row(0x1949, "XMWXKG01YL", "Switch (double button)", "Xiaomi"),
    row(0x1c10, "K9BB-1BTN", "Switch (single button)", "Xiaomi"),
    row(0x20db, "MJZNZ018H", "Sleep Tracker", "Xiaomi"),
    row(0x2387, "XMWXKG01LM", "Button", "Xiaomi"),
    row(
        0x2542,
        "LYWSD02MMC",
        "Temperature/Humidity Sensor",
        "Xiaomi",
    ),
    row(
        0x2832,
        "MJWSD05MMC",
        "Temperature/Humidity Sensor",
        "Xiaomi",
    ),
    row(0x2aeb, "HS1BB(MI)", "Motion Sensor", "Xiaomi"),
    row(0x30d9, "MJTZC01YM", "Body Composition Scale", "Xiaomi"),
    row(0x3531, "XMPIRO2SXS", "Motion Sensor", "Xiaomi"),
    row(0x38bb, "PTX_YK1_QMIMB", "Wireless Switch", "Xiaomi"),
    row(0x3a61, "KS1", "Switch (quadruple button)", "Xiaomi"),
    row(0x3bd5, "MJTZC01YM", "Body Composition Scale", "Xiaomi"),
    row(0x3e17, "KS1BP", "Switch (quadruple button)", "Xiaomi"),
    row(0x3f0f, "RS1BB(MI)", "Flood and Rain Sensor", "Xiaomi"),
    row(0x3f4c, "PS1BB", "Seat Pressure Sensor", "Linptech"),
    row(0x45c9, "MJTZC02YM", "Smart Scale S200", "Xiaomi"),
    row(0x4683, "XMOSB01XS", "Occupancy Sensor", "Xiaomi"),
    row(0x48cf, "MJTZC01YM", "Body Composition Scale", "Xiaomi"),
    row(0x4b05, "MJTZC03YM", "Body Composition Scale", "Xiaomi"),
    row(0x4c04, "MJTZC02YM", "Smart Scale S200", "Xiaomi"),
    row(
        0x4c47,
        "MJWSD05MMC",
        "Temperature/Humidity Sensor",
        "Xiaomi",
    ),
    row(0x4c60, "XMPIRO2GSXS", "Motion Sensor", "Xiaomi"),
    row(0x4dcb, "MJTZC02YM", "Smart Scale S200", "Xiaomi"),
    row(0x4f59, "CGDK3", "Temperature/Humidity Sensor", "Xiaomi"),
    row(0x4fc2, "MJTZC01YM", "Body Composition Scale", "Xiaomi"),
    row(0x50fb, "ES3", "Human Presence Sensor", "Linptech"),
    row(
        0x520b,
        "KS2BB",
        "Temperature/Humidity Sensor with Button",
        "Linptech",
    ),
    row(
        0x55b5,
        "MJWSD06MMC",
        "Temperature/Humidity Sensor",
        "Xiaomi",
    ),
    row(0x5808, "CGG3", "Temperature/Humidity Sensor", "Xiaomi"),
    row(0x5968, "XMWS01XS", "Switch (double button)", "Xiaomi"),
    row(0x59fa, "M2457B1", "Smart Band 10", "Xiaomi"),
    row(0x59fb, "M2456B1", "Smart Band 10 NFC", "Xiaomi"),
    row(0x59fc, "M2456B1", "Smart Band 10 Ceramic Edition", "Xiaomi"),
    row(
        0x5bea,
        "MJWSD06MMC",
        "Temperature/Humidity Sensor",
        "Xiaomi",
    ),
    row(0x5db1, "MBS17", "Temperature/Humidity Sensor", "Xiaomi"),
    row(0x6188, "M2456B1", "Smart Band 10 Glimmer Edition", "Xiaomi"),
    row(0x6375, "SJWS02LM", "Water Leak Sensor 2", "Xiaomi"),
    row(
        0x64c5,
        "PTX-F1-Display",
        "Temperature/Humidity Sensor with Buttons",
        "Xiaomi",
    ),
    row(0x6a0f, "ES5BB", "Human Presence Sensor", "Linptech"),
    row(0x7712, "zhiee.flood.sj01", "Water Leak Sensor", "Xiaomi"),
    row(0x78a3, "AFWXKG220000", "Wireless Switch", "LineHope"),
    row(0x78d1, "MC-COMM", "Door/Window Sensor", "Xiaomi"),
    row(0x78db, "ESM787", "Temperature/Humidity Sensor", "Yanmi"),
];

#[cfg(test)]
pub(super) fn tests_models() -> impl Iterator<Item = &'static str> {
    PRODUCTS.iter().map(|p| p.model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(PRODUCTS.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(product(0x055b).map(|p| p.model), Some("LYWSD03MMC"));
        assert_eq!(product(0xffff), None);
    }
}
