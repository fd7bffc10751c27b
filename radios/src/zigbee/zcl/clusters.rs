//! The cluster table: ids, names and attributes with their types.
//!
//! A newcomer adds a cluster or attribute here and nowhere else. Each cluster is a module with its
//! `ID` and a constant per attribute; [`TABLE`] holds the same as data. Names are those that
//! zigbee2mqtt's users write (`genOnOff`, `onOff`).

use super::Type;

/// A cluster of the table.
#[derive(Clone, Copy, Debug)]
pub struct Cluster {
    /// Its id.
    pub id: u16,
    /// Its name: `genOnOff`.
    pub name: &'static str,
    /// Its attributes, in ascending order.
    pub attributes: &'static [Info],
}

/// An attribute of the table.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Its id.
    pub id: u16,
    /// Its name: `onOff`.
    pub name: &'static str,
    /// Its type.
    pub of: Type,
}

impl Cluster {
    /// The attribute with this id.
    #[must_use]
    pub fn attribute(&self, id: u16) -> Option<&'static Info> {
        self.attributes.iter().find(|info| info.id == id)
    }

    /// The attribute of this name.
    #[must_use]
    pub fn attribute_named(&self, name: &str) -> Option<&'static Info> {
        self.attributes.iter().find(|info| info.name == name)
    }
}

/// The cluster with this id.
#[must_use]
pub fn cluster(id: u16) -> Option<&'static Cluster> {
    let at = TABLE.binary_search_by_key(&id, |cluster| cluster.id).ok()?;
    TABLE.get(at)
}

/// The cluster of this name.
#[must_use]
pub fn cluster_named(name: &str) -> Option<&'static Cluster> {
    TABLE.iter().find(|cluster| cluster.name == name)
}

/// The name of a cluster, or its number where the table has none.
#[must_use]
pub fn name(id: u16) -> std::borrow::Cow<'static, str> {
    match cluster(id) {
        Some(cluster) => cluster.name.into(),
        None => id.to_string().into(),
    }
}

macro_rules! clusters {
    ($(
        $module:ident $id:literal $name:literal {
            $($attribute:ident $attribute_id:literal $attribute_name:literal $of:ident)*
        }
    )*) => {
        $(
            #[doc = concat!("Ids of `", $name, "` and its attributes.")]
            #[allow(missing_docs)] // the names are the specification's
            pub mod $module {
                pub const ID: u16 = $id;
                $(pub const $attribute: u16 = $attribute_id;)*
            }
        )*

        /// Every cluster that has a name, in ascending order of ids.
        pub static TABLE: &[Cluster] = &[$(
            Cluster {
                id: $id,
                name: $name,
                attributes: &[$(
                    Info { id: $attribute_id, name: $attribute_name, of: Type::$of },
                )*],
            },
        )*];
    };
}

clusters! {
    basic 0x0000 "genBasic" {
        ZCL_VERSION 0x0000 "zclVersion" UINT8
        APPLICATION_VERSION 0x0001 "appVersion" UINT8
        STACK_VERSION 0x0002 "stackVersion" UINT8
        HARDWARE_VERSION 0x0003 "hwVersion" UINT8
        MANUFACTURER_NAME 0x0004 "manufacturerName" TEXT
        MODEL_ID 0x0005 "modelId" TEXT
        DATE_CODE 0x0006 "dateCode" TEXT
        POWER_SOURCE 0x0007 "powerSource" ENUM8
        SOFTWARE_BUILD_ID 0x4000 "swBuildId" TEXT
        XIAOMI_STRING 0xff01 "lumiSpecificString" TEXT
        XIAOMI_STRUCT 0xff02 "lumiSpecificStruct" STRUCT
        XIAOMI_OPERATION_MODE_LEFT 0xff22 "lumiOperationModeLeft" UINT8
        XIAOMI_OPERATION_MODE_RIGHT 0xff23 "lumiOperationModeRight" UINT8
    }
    power 0x0001 "genPowerCfg" {
        MAINS_VOLTAGE 0x0000 "mainsVoltage" UINT16
        MAINS_FREQUENCY 0x0001 "mainsFrequency" UINT8
        BATTERY_VOLTAGE 0x0020 "batteryVoltage" UINT8
        BATTERY_PERCENTAGE 0x0021 "batteryPercentageRemaining" UINT8
        BATTERY_SIZE 0x0031 "batterySize" ENUM8
        BATTERY_ALARM_STATE 0x003e "batteryAlarmState" MAP32
    }
    device_temperature 0x0002 "genDeviceTempCfg" {
        CURRENT 0x0000 "currentTemperature" INT16
    }
    identify 0x0003 "genIdentify" {
        TIME 0x0000 "identifyTime" UINT16
    }
    groups 0x0004 "genGroups" {
        NAME_SUPPORT 0x0000 "nameSupport" MAP8
    }
    scenes 0x0005 "genScenes" {
        COUNT 0x0000 "count" UINT8
        CURRENT 0x0001 "currentScene" UINT8
        CURRENT_GROUP 0x0002 "currentGroup" UINT16
        VALID 0x0003 "sceneValid" BOOL
        NAME_SUPPORT 0x0004 "nameSupport" MAP8
    }
    on_off 0x0006 "genOnOff" {
        ON_OFF 0x0000 "onOff" BOOL
        GLOBAL_SCENE 0x4000 "globalSceneCtrl" BOOL
        ON_TIME 0x4001 "onTime" UINT16
        OFF_WAIT_TIME 0x4002 "offWaitTime" UINT16
        START_UP 0x4003 "startUpOnOff" ENUM8
        TUYA_CHILD_LOCK 0x8000 "tuyaChildLock" BOOL
        TUYA_BACKLIGHT_MODE 0x8001 "tuyaBacklightMode" ENUM8
        TUYA_POWER_ON_BEHAVIOR 0x8002 "moesStartUpOnOff" ENUM8
        XIAOMI_BUTTON 0x8000 "lumiButton" UINT8
    }
    on_off_switch 0x0007 "genOnOffSwitchCfg" {
        TYPE 0x0000 "switchType" ENUM8
        ACTIONS 0x0010 "switchActions" ENUM8
    }
    level 0x0008 "genLevelCtrl" {
        CURRENT 0x0000 "currentLevel" UINT8
        REMAINING_TIME 0x0001 "remainingTime" UINT16
        MINIMUM 0x0002 "minLevel" UINT8
        MAXIMUM 0x0003 "maxLevel" UINT8
        OPTIONS 0x000f "options" MAP8
        ON_OFF_TRANSITION 0x0010 "onOffTransitionTime" UINT16
        ON_LEVEL 0x0011 "onLevel" UINT8
        ON_TRANSITION 0x0012 "onTransitionTime" UINT16
        OFF_TRANSITION 0x0013 "offTransitionTime" UINT16
        DEFAULT_MOVE_RATE 0x0014 "defaultMoveRate" UINT16
        START_UP 0x4000 "startUpCurrentLevel" UINT8
    }
    alarms 0x0009 "genAlarms" {
        COUNT 0x0000 "alarmCount" UINT16
    }
    time 0x000a "genTime" {
        TIME 0x0000 "time" UTC
        STATUS 0x0001 "timeStatus" MAP8
        ZONE 0x0002 "timeZone" INT32
        DST_START 0x0003 "dstStart" UINT32
        DST_END 0x0004 "dstEnd" UINT32
        DST_SHIFT 0x0005 "dstShift" INT32
        STANDARD 0x0006 "standardTime" UINT32
        LOCAL 0x0007 "localTime" UINT32
        VALID_UNTIL 0x0009 "validUntilTime" UTC
    }
    analog_input 0x000c "genAnalogInput" {
        DESCRIPTION 0x001c "description" TEXT
        PRESENT_VALUE 0x0055 "presentValue" SINGLE
        STATUS_FLAGS 0x006f "statusFlags" MAP8
        APPLICATION_TYPE 0x0100 "applicationType" UINT32
    }
    analog_output 0x000d "genAnalogOutput" {
        PRESENT_VALUE 0x0055 "presentValue" SINGLE
    }
    binary_input 0x000f "genBinaryInput" {
        PRESENT_VALUE 0x0055 "presentValue" BOOL
    }
    binary_output 0x0010 "genBinaryOutput" {
        PRESENT_VALUE 0x0055 "presentValue" BOOL
        XIAOMI_INTERLOCK 0xff06 "lumiInterlock" BOOL
    }
    multistate_input 0x0012 "genMultistateInput" {
        STATE_TEXT 0x000e "stateText" ARRAY
        NUMBER_OF_STATES 0x004a "numberOfStates" UINT16
        PRESENT_VALUE 0x0055 "presentValue" UINT16
        STATUS_FLAGS 0x006f "statusFlags" MAP8
    }
    ota 0x0019 "genOta" {
        UPGRADE_SERVER 0x0000 "upgradeServerId" EUI64
        FILE_OFFSET 0x0001 "fileOffset" UINT32
        CURRENT_VERSION 0x0002 "currentFileVersion" UINT32
        UPDATE_STATUS 0x0006 "imageUpgradeStatus" ENUM8
        MANUFACTURER 0x0007 "manufacturerId" UINT16
        IMAGE_TYPE 0x0008 "imageTypeId" UINT16
    }
    poll_control 0x0020 "genPollCtrl" {
        CHECK_IN_INTERVAL 0x0000 "checkinInterval" UINT32
        LONG_POLL_INTERVAL 0x0001 "longPollInterval" UINT32
        SHORT_POLL_INTERVAL 0x0002 "shortPollInterval" UINT16
        FAST_POLL_TIMEOUT 0x0003 "fastPollTimeout" UINT16
    }
    green_power 0x0021 "greenPower" {
    }
    door_lock 0x0101 "closuresDoorLock" {
        LOCK_STATE 0x0000 "lockState" ENUM8
        LOCK_TYPE 0x0001 "lockType" ENUM8
        ACTUATOR_ENABLED 0x0002 "actuatorEnabled" BOOL
        DOOR_STATE 0x0003 "doorState" ENUM8
        AUTO_RELOCK_TIME 0x0023 "autoRelockTime" UINT32
        SOUND_VOLUME 0x0024 "soundVolume" UINT8
    }
    window_covering 0x0102 "closuresWindowCovering" {
        TYPE 0x0000 "windowCoveringType" ENUM8
        LIFT_PERCENTAGE 0x0008 "currentPositionLiftPercentage" UINT8
        TILT_PERCENTAGE 0x0009 "currentPositionTiltPercentage" UINT8
        MODE 0x0017 "windowCoveringMode" MAP8
    }
    thermostat 0x0201 "hvacThermostat" {
        LOCAL_TEMPERATURE 0x0000 "localTemp" INT16
        PI_HEATING_DEMAND 0x0008 "pIHeatingDemand" UINT8
        LOCAL_TEMPERATURE_CALIBRATION 0x0010 "localTemperatureCalibration" INT8
        OCCUPIED_COOLING_SETPOINT 0x0011 "occupiedCoolingSetpoint" INT16
        OCCUPIED_HEATING_SETPOINT 0x0012 "occupiedHeatingSetpoint" INT16
        SYSTEM_MODE 0x001c "systemMode" ENUM8
        RUNNING_MODE 0x001e "runningMode" ENUM8
        RUNNING_STATE 0x0029 "runningState" MAP16
    }
    fan 0x0202 "hvacFanCtrl" {
        MODE 0x0000 "fanMode" ENUM8
        SEQUENCE 0x0001 "fanModeSequence" ENUM8
    }
    color 0x0300 "lightingColorCtrl" {
        CURRENT_HUE 0x0000 "currentHue" UINT8
        CURRENT_SATURATION 0x0001 "currentSaturation" UINT8
        REMAINING_TIME 0x0002 "remainingTime" UINT16
        CURRENT_X 0x0003 "currentX" UINT16
        CURRENT_Y 0x0004 "currentY" UINT16
        TEMPERATURE 0x0007 "colorTemperature" UINT16
        MODE 0x0008 "colorMode" ENUM8
        OPTIONS 0x000f "options" MAP8
        ENHANCED_HUE 0x4000 "enhancedCurrentHue" UINT16
        ENHANCED_MODE 0x4001 "enhancedColorMode" ENUM8
        LOOP_ACTIVE 0x4002 "colorLoopActive" UINT8
        LOOP_DIRECTION 0x4003 "colorLoopDirection" UINT8
        LOOP_TIME 0x4004 "colorLoopTime" UINT16
        CAPABILITIES 0x400a "colorCapabilities" MAP16
        TEMPERATURE_MINIMUM 0x400b "colorTempPhysicalMin" UINT16
        TEMPERATURE_MAXIMUM 0x400c "colorTempPhysicalMax" UINT16
        COUPLE_TEMPERATURE_MINIMUM 0x400d "coupleColorTempToLevelMin" UINT16
        START_UP_TEMPERATURE 0x4010 "startUpColorTemperature" UINT16
    }
    illuminance 0x0400 "msIlluminanceMeasurement" {
        MEASURED 0x0000 "measuredValue" UINT16
        MINIMUM 0x0001 "minMeasuredValue" UINT16
        MAXIMUM 0x0002 "maxMeasuredValue" UINT16
    }
    temperature 0x0402 "msTemperatureMeasurement" {
        MEASURED 0x0000 "measuredValue" INT16
        MINIMUM 0x0001 "minMeasuredValue" INT16
        MAXIMUM 0x0002 "maxMeasuredValue" INT16
        TOLERANCE 0x0003 "tolerance" UINT16
    }
    pressure 0x0403 "msPressureMeasurement" {
        MEASURED 0x0000 "measuredValue" INT16
        MINIMUM 0x0001 "minMeasuredValue" INT16
        MAXIMUM 0x0002 "maxMeasuredValue" INT16
        SCALED 0x0010 "scaledValue" INT16
        SCALE 0x0014 "scale" INT8
    }
    flow 0x0404 "msFlowMeasurement" {
        MEASURED 0x0000 "measuredValue" UINT16
    }
    humidity 0x0405 "msRelativeHumidity" {
        MEASURED 0x0000 "measuredValue" UINT16
        MINIMUM 0x0001 "minMeasuredValue" UINT16
        MAXIMUM 0x0002 "maxMeasuredValue" UINT16
    }
    occupancy 0x0406 "msOccupancySensing" {
        OCCUPANCY 0x0000 "occupancy" MAP8
        SENSOR_TYPE 0x0001 "occupancySensorType" ENUM8
        PIR_DELAY 0x0010 "pirOToUDelay" UINT16
        PHILIPS_SENSITIVITY 0x0030 "sensitivity" UINT8
    }
    soil_moisture 0x0408 "msSoilMoisture" {
        MEASURED 0x0000 "measuredValue" UINT16
    }
    co2 0x040d "msCO2" {
        MEASURED 0x0000 "measuredValue" SINGLE
    }
    pm25 0x042a "pm25Measurement" {
        MEASURED 0x0000 "measuredValue" SINGLE
    }
    ias_zone 0x0500 "ssIasZone" {
        STATE 0x0000 "zoneState" ENUM8
        TYPE 0x0001 "zoneType" ENUM16
        STATUS 0x0002 "zoneStatus" MAP16
        CIE_ADDRESS 0x0010 "iasCieAddr" EUI64
        ZONE_ID 0x0011 "zoneId" UINT8
        SENSITIVITY_LEVEL 0x0013 "currentZoneSensitivityLevel" UINT8
    }
    ias_ace 0x0501 "ssIasAce" {
    }
    ias_warning 0x0502 "ssIasWd" {
        MAXIMUM_DURATION 0x0000 "maxDuration" UINT16
    }
    metering 0x0702 "seMetering" {
        CURRENT_DELIVERED 0x0000 "currentSummDelivered" UINT48
        CURRENT_RECEIVED 0x0001 "currentSummReceived" UINT48
        STATUS 0x0200 "status" MAP8
        UNIT 0x0300 "unitOfMeasure" ENUM8
        MULTIPLIER 0x0301 "multiplier" UINT24
        DIVISOR 0x0302 "divisor" UINT24
        SUMMATION_FORMATTING 0x0303 "summaFormatting" MAP8
        DEVICE_TYPE 0x0306 "meteringDeviceType" MAP8
        INSTANTANEOUS_DEMAND 0x0400 "instantaneousDemand" INT24
    }
    electrical 0x0b04 "haElectricalMeasurement" {
        TYPE 0x0000 "measurementType" MAP32
        FREQUENCY 0x0300 "acFrequency" UINT16
        FREQUENCY_MULTIPLIER 0x0400 "acFrequencyMultiplier" UINT16
        FREQUENCY_DIVISOR 0x0401 "acFrequencyDivisor" UINT16
        RMS_VOLTAGE 0x0505 "rmsVoltage" UINT16
        RMS_CURRENT 0x0508 "rmsCurrent" UINT16
        ACTIVE_POWER 0x050b "activePower" INT16
        REACTIVE_POWER 0x050e "reactivePower" INT16
        APPARENT_POWER 0x050f "apparentPower" UINT16
        POWER_FACTOR 0x0510 "powerFactor" INT8
        VOLTAGE_MULTIPLIER 0x0600 "acVoltageMultiplier" UINT16
        VOLTAGE_DIVISOR 0x0601 "acVoltageDivisor" UINT16
        CURRENT_MULTIPLIER 0x0602 "acCurrentMultiplier" UINT16
        CURRENT_DIVISOR 0x0603 "acCurrentDivisor" UINT16
        POWER_MULTIPLIER 0x0604 "acPowerMultiplier" UINT16
        POWER_DIVISOR 0x0605 "acPowerDivisor" UINT16
        RMS_VOLTAGE_B 0x0905 "rmsVoltagePhB" UINT16
        RMS_CURRENT_B 0x0908 "rmsCurrentPhB" UINT16
        ACTIVE_POWER_B 0x090b "activePowerPhB" INT16
        RMS_VOLTAGE_C 0x0a05 "rmsVoltagePhC" UINT16
        RMS_CURRENT_C 0x0a08 "rmsCurrentPhC" UINT16
        ACTIVE_POWER_C 0x0a0b "activePowerPhC" INT16
    }
    touchlink 0x1000 "touchlink" {
    }
    xiaomi 0xfcc0 "manuSpecificLumi" {
        MODE 0x0009 "mode" UINT8
        STATUS 0x00f7 "lumiSpecific" OCTETS
        REPORT 0x00fc "report" UINT8
        OCCUPANCY_TIMEOUT 0x0102 "detectionInterval" UINT8
        SENSITIVITY 0x010c "motionSensitivity" UINT8
        ILLUMINANCE 0x0112 "illuminance" UINT32
        OPERATION_MODE 0x0200 "operationMode" UINT8
        POWER_OUTAGE_MEMORY 0x0201 "powerOutageMemory" BOOL
        AUTO_OFF 0x0202 "autoOff" BOOL
        LED_DISABLED_NIGHT 0x0203 "ledDisabledNight" BOOL
        CONSUMER_CONNECTED 0x0207 "consumerConnected" BOOL
        OVERLOAD_PROTECTION 0x020b "overloadProtection" SINGLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_so_that_it_can_be_searched() {
        assert!(TABLE.is_sorted_by(|a, b| a.id < b.id));
        for entry in TABLE {
            assert_eq!(cluster(entry.id).unwrap().name, entry.name);
            assert_eq!(cluster_named(entry.name).unwrap().id, entry.id);
            let attributes = entry.attributes;
            if entry.id != on_off::ID {
                // On/Off 0x8000 means one thing to Xiaomi and another to Tuya.
                assert!(attributes.is_sorted_by(|a, b| a.id < b.id), "{entry:?}");
            }
        }
    }

    #[test]
    fn what_has_no_name_shows_its_number() {
        assert_eq!(name(on_off::ID), "genOnOff");
        assert_eq!(name(0xfc57), "64599");
    }
}
