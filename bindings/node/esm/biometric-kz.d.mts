export * from "../dist/biometric-kz.js";
