// The ECMAScript module is a view of the CommonJS one, so that a program that loads both has one class `Reject`.
export {
  Account,
  Conflict,
  Input,
  MAX_ANSWER_BYTES,
  MemoryStore,
  Reject,
  Session,
  advance,
  catalog,
  diagnose,
  examine,
  journeyFromJson,
  read,
  signedMember,
  tell,
  verify,
} from "../dist/index.js";
