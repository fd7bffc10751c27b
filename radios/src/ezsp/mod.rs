//! EZSP: the commands and callbacks of the Silicon Labs network co-processor, protocol versions 8 to 19.
