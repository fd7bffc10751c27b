//! Lamps: what they offer.

use super::super::part::Context;
use super::attribute::per_endpoint;
use super::light::Light;
use super::measure::numeric;
use super::on_off;
use crate::model::{Expose, ExposeKind};
use crate::zigbee::zcl::clusters::level;

const ALL: u8 = Expose::STATE | Expose::SET | Expose::GET;

pub(super) fn exposes(light: &Light, context: &Context<'_>, out: &mut Vec<Expose>) {
    let mut expose = Expose::of(ExposeKind::Light);
    expose.features.push(on_off::feature());
    expose.features.push(bounded(
        numeric(
            "brightness",
            "Brightness",
            "Brightness of the light",
            "",
            ALL,
        ),
        0,
        254,
    ));
    if let Some((min, max)) = light.range(context) {
        let text = "Color temperature of the light";
        let temperature = numeric("color_temp", "Color temp", text, "mired", ALL);
        expose.features.push(bounded(temperature, min, max));
        let text = "Color temperature after a power cut";
        let startup = numeric(
            "color_temp_startup",
            "Color temp startup",
            text,
            "mired",
            ALL,
        );
        expose.features.push(bounded(startup, min, max));
    }
    if light.xy {
        let label = "Color (X/Y)";
        expose.features.push(color("color_xy", label, ["x", "y"]));
    }
    if light.hs {
        let label = "Color (HS)";
        expose
            .features
            .push(color("color_hs", label, ["hue", "saturation"]));
    }
    per_endpoint(context, level::ID, &expose, out);
}

fn bounded(mut expose: Expose, min: u16, max: u16) -> Expose {
    expose.value_min = Some(min.into());
    expose.value_max = Some(max.into());
    expose
}

fn color(name: &'static str, label: &str, members: [&'static str; 2]) -> Expose {
    let mut expose = Expose::of(ExposeKind::Composite);
    expose.name = Some(name);
    expose.label = Some(label.to_owned());
    expose.property = Some("color".to_owned());
    expose.access = Some(ALL);
    expose.description = Some("Color of the light");
    expose.features = members
        .into_iter()
        .map(|member| {
            let mut label = member.to_owned();
            if let Some(first) = label.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            let mut feature = numeric(member, &label, "", "", ALL);
            feature.description = None;
            feature
        })
        .collect();
    expose
}
