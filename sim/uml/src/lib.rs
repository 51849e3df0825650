//! uml
