//! stub
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use crate::world::{Handle, World};
use serde::{Serialize,Deserialize};
pub(crate) const API: [&str; 0] = [];
#[derive(Clone,Default,Serialize,Deserialize)]
/// x
#[serde(default)]
pub struct AttestrSettings { /// x
pub accounts: Vec<u8>, /// x
pub flows: Vec<Flow> }
/// x
#[derive(Clone,Default,Serialize,Deserialize)] pub struct Flow { /// x
 pub id: String }
/// x
#[derive(Clone,Default,Serialize,Deserialize)] pub struct AttestrScript {}
/// x
#[derive(Clone,Default,Serialize,Deserialize)] pub struct HandshakeView {}
impl State { pub(crate) fn script(&mut self,_:AttestrScript)->bool{true} pub(crate) fn views(&self)->Vec<HandshakeView>{vec![]} pub(crate) fn archive(&mut self,_:&str,_:i64)->bool{false} }
impl AttestrSettings { pub(crate) fn check(&self)->Result<(),String>{Ok(())} }
#[derive(Default)]
pub(crate) struct State;
pub(crate) enum Event {}
pub(crate) fn on_event(_: &mut World, e: Event) { match e {} }
pub(crate) fn router() -> Router<Handle> { Router::new() }
pub(crate) fn operation(_m: &Method, _r: &str) -> Option<&'static str> { None }
pub(crate) fn fault_body(_s: &Handle, status: StatusCode, _c: Option<i64>) -> Response { let mut r = Response::default(); *r.status_mut()=status; r }
