//! The ways through the house: validation and batching on the way in, the live feed on the way out.
