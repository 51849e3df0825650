//! Agreement with the simulator Sabre (UMass-LIDS/sabre 09b03bb): the same film, trace and
//! algorithm give the same session. Its published numbers are the expectations here.

mod golden;
mod network;
mod player;
mod published;
