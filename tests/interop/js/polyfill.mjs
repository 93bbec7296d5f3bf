// What js-libp2p needs and Node 20 lacks; harmless on Node 22.
import { WebSocket } from 'ws'
globalThis.WebSocket ??= WebSocket
if (!Promise.withResolvers) Promise.withResolvers = function () { let resolve, reject; const promise = new this((a, b) => { resolve = a; reject = b }); return { promise, resolve, reject } }
if (globalThis.CustomEvent == null) globalThis.CustomEvent = class CustomEvent extends Event { constructor (t, o) { super(t, o); this.detail = o?.detail } }
