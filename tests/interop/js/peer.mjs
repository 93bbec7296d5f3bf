// A js-libp2p peer that does what it is told: one JSON command per line on standard input,
// one JSON answer per line on standard output.
import { createInterface } from 'node:readline'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createLibp2p } from 'libp2p'
import { quic } from '@chainsafe/libp2p-quic'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { noise } from '@chainsafe/libp2p-noise'
import { tls } from '@libp2p/tls'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify, identifyPush } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'

// The second argument: where to listen, what secures connections (in order of preference), the web
// certificate of wss, and whether to be a relay: with js's limits, with these, or (null) with none.
const { listen = ['/ip4/127.0.0.1/udp/0/quic-v1'], security = ['noise', 'tls'], cert, key, relay } = JSON.parse(process.argv[3] ?? '{}')
const limits = relay && (relay.data === undefined ? {} : { applyDefaultLimit: relay.data !== null, defaultDataLimit: BigInt(relay.data ?? 0), defaultDurationLimit: relay.duration })
const seed = new Uint8Array(32)
new TextEncoder().encodeInto(process.argv[2] ?? 'interop', seed)
const node = await createLibp2p({
  privateKey: await generateKeyPairFromSeed('Ed25519', seed),
  addresses: { listen },
  transports: [quic(), tcp(), webSockets(cert ? { https: { cert: readFileSync(cert), key: readFileSync(key) } } : {}), circuitRelayTransport()],
  connectionEncrypters: security.map(name => ({ noise, tls })[name]()),
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 1000 },
  services: {
    identify: identify(),
    identifyPush: identifyPush(),
    ping: ping({ maxOutboundStreams: 32 }), // by default the next one fails while the last one closes
    ...(relay ? { relay: circuitRelayServer({ reservations: { ...limits, ...(relay.ttl ? { reservationTtl: relay.ttl } : {}) } }) } : {})
  }
})

// What a peer serves here: services of the proxy protocol, one of each behaviour.
const seen = { ended: false, heard: 0, identified: null, opened: 0, closed: 0 }
const limited = { runOnLimitedConnection: true }
const options = { maxInboundStreams: 1024, maxOutboundStreams: 1024, ...limited }
const identified = {} // by peer
node.addEventListener('peer:identify', e => { seen.identified = identified[e.detail.peerId.toString()] = describe(e.detail) })
node.addEventListener('connection:open', () => { seen.opened++ })
node.addEventListener('connection:close', () => { seen.closed++ })

// All bytes up to the other side's half-close, which js may have seen before anybody listens.
async function * bytesOf (stream) {
  const queue = []
  let ended = false; let wake = () => {}
  stream.addEventListener('message', e => { queue.push(e.data); wake() })
  for (const end of ['remoteCloseWrite', 'close']) stream.addEventListener(end, e => { ended = e.error ?? true; wake() })
  if (stream.remoteWriteStatus === 'closed') setImmediate(() => { ended = true; wake() })
  while (true) {
    while (queue.length > 0) yield queue.shift()
    if (ended instanceof Error) throw ended
    if (ended) return
    await new Promise(resolve => { wake = resolve })
  }
}

await node.handle('/peerup/echo/1.0.0', async stream => {
  for await (const bytes of bytesOf(stream)) if (!stream.send(bytes.subarray())) await stream.onDrain()
  await stream.close()
}, options)
await node.handle('/peerup/sum/1.0.0', async stream => { // answers only after the other side's half-close
  const hash = createHash('sha256')
  for await (const bytes of bytesOf(stream)) hash.update(bytes.subarray())
  stream.send(Buffer.from(hash.digest('hex')))
  await stream.close()
}, options)
await node.handle('/peerup/cut/1.0.0', async stream => { // resets once it has read something
  for await (const _ of stream) break
  stream.abort(new Error('cut'))
}, options)
await node.handle('/peerup/watch/1.0.0', async stream => { // tells how the other side ended
  stream.send(Buffer.from('w'))
  try { for await (const _ of bytesOf(stream)); } catch {}
  seen.ended = true
  stream.abort(new Error('done'))
}, options)
await node.handle('/peerup/first/1.0.0', async stream => { // half-closes first, and still reads to the end
  stream.send(Buffer.from('that is all'))
  await stream.close()
  for await (const bytes of bytesOf(stream)) seen.heard += bytes.byteLength
}, options)
await node.handle('/perf/1.0.0', async stream => {
  let head = Buffer.alloc(0)
  for await (const bytes of bytesOf(stream)) if (head.length < 8) head = Buffer.concat([head, bytes.subarray()])
  await pour(stream, Number(head.readBigUInt64BE(0)))
}, options)

function describe (d) {
  return {
    agent: d.agentVersion, protocols: d.protocols, addrs: d.listenAddrs.map(String),
    observed: d.observedAddr?.toString(),
    record: d.signedPeerRecord ? d.signedPeerRecord.addresses.map(String) : null
  }
}
function about (c) {
  return {
    peer: c.remotePeer.toString(), address: c.remoteAddr.toString(), direction: c.direction, status: c.status,
    encryption: c.encryption, multiplexer: c.multiplexer,
    limits: c.limits ? { bytes: String(c.limits.bytes), seconds: c.limits.seconds } : null
  }
}
async function pour (stream, total) {
  const piece = Buffer.alloc(65536)
  for (let left = total; left > 0; left -= piece.length) {
    if (!stream.send(piece.subarray(0, Math.min(left, piece.length)))) await stream.onDrain()
  }
  await stream.close()
}
async function collect (stream) {
  const parts = []
  for await (const bytes of stream) parts.push(Buffer.from(bytes.subarray()))
  return Buffer.concat(parts)
}
let conn = null
let failed = null // the last error
const commands = {
  async whoami () { return { id: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) } },
  async dial ({ addr }) {
    conn = await node.dial(multiaddr(addr), { signal: AbortSignal.timeout(10000), force: true })
    return about(conn)
  },
  async connections () { return { list: node.getConnections().map(about) } },
  async take ({ peer }) { conn = node.getConnections().findLast(c => peer == null || c.remotePeer.toString() === peer); return about(conn) },
  async identified ({ peer }) { // what this peer, or anybody, told of itself
    const told = () => peer == null ? seen.identified : identified[peer]
    for (let i = 0; told() == null && i < 250; i++) await new Promise(resolve => setTimeout(resolve, 20))
    return told()
  },
  async ping () { return { ms: await node.services.ping.ping(conn.remotePeer, { signal: AbortSignal.timeout(5000) }) } },
  async echo ({ protocol, bytes }) { // sends while it receives
    const stream = await conn.newStream(protocol, limited)
    const data = randomBytes(bytes)
    const back = collect(stream)
    for (let at = 0; at < bytes; at += 65536) if (!stream.send(data.subarray(at, at + 65536))) await stream.onDrain()
    await stream.close()
    return { same: data.equals(await back) }
  },
  async many ({ protocol, count }) { // streams that are all open at once, each with its own bytes
    const each = await Promise.all(Array.from({ length: count }, async () => {
      const stream = await conn.newStream(protocol, limited)
      const data = randomBytes(1000)
      let first; const answered = new Promise(resolve => { first = resolve })
      stream.addEventListener('message', () => first(), { once: true })
      stream.addEventListener('close', () => first(), { once: true })
      const back = collect(stream)
      stream.send(data.subarray(0, 500))
      await answered
      return { stream, data, back }
    }))
    let same = 0
    for (const { stream, data, back } of each) {
      stream.send(data.subarray(500))
      await stream.close()
      if (data.equals(await back)) same++
    }
    return { same }
  },
  async relay ({ addr }) { // be reachable through this relay
    await node.components.transportManager.listen([multiaddr(`${addr}/p2p-circuit`)])
    return {}
  },
  async circuits () { // our addresses through relays, once there is one
    const addrs = () => node.getMultiaddrs().map(String).filter(a => a.includes('/p2p-circuit'))
    for (let i = 0; addrs().length === 0 && i < 500; i++) await new Promise(resolve => setTimeout(resolve, 20))
    return { addrs: addrs() }
  },
  async reservations () { // what others have with us
    return { list: [...node.services.relay.reservations].map(([peer, r]) => ({ peer: peer.toString(), expires: r.expiry.getTime() })) }
  },
  async ask ({ protocol, text }) { // half-closes, then reads
    const stream = await conn.newStream(protocol, limited)
    const back = collect(stream) // before the close: whoever listens later misses what has come
    stream.send(Buffer.from(text))
    await stream.close()
    return { text: (await back).toString() }
  },
  async hear ({ protocol, text }) { // reads to the other side's half-close, then sends
    const stream = await conn.newStream(protocol, limited)
    const parts = []
    for await (const bytes of bytesOf(stream)) parts.push(Buffer.from(bytes.subarray()))
    stream.send(Buffer.from(text))
    await stream.close()
    return { text: Buffer.concat(parts).toString() }
  },
  async end ({ protocol, text }) { // how the other side ends the stream
    const stream = await conn.newStream(protocol, limited)
    const closed = new Promise(resolve => stream.addEventListener('close', resolve, { once: true }))
    stream.addEventListener('remoteCloseWrite', () => stream.close().catch(() => {}))
    stream.send(Buffer.from(text))
    stream.addEventListener('message', () => {})
    const event = await closed
    return { error: event.error?.name ?? null }
  },
  async pingpong () { return commands.ask({ protocol: '/pingpong/1.0.0', text: 'ping\n' }) },
  async perf ({ up, down }) {
    const stream = await conn.newStream('/perf/1.0.0', limited)
    const head = Buffer.alloc(8)
    head.writeBigUInt64BE(BigInt(down))
    stream.send(head)
    const back = collect(stream)
    await pour(stream, up)
    return { got: (await back).length }
  },
  async abort ({ protocol, text }) { // resets after the first bytes are through
    const stream = await conn.newStream(protocol, limited)
    stream.send(Buffer.from(text))
    for await (const _ of stream) break
    stream.abort(new Error('abort'))
    return {}
  },
  async why () { return { code: /(?:status|code) (\w+)/.exec(failed?.message)?.[1] ?? failed?.message, text: String(failed?.message) } },
  async seen () { return seen },
  async close () { await conn.close(); return {} },
  async stop () { await node.stop(); setTimeout(() => process.exit(0), 20); return {} }
}
for await (const line of createInterface({ input: process.stdin })) {
  const { cmd, ...rest } = JSON.parse(line)
  let answer
  try { answer = { ok: await commands[cmd](rest) } } catch (e) { failed = e; answer = { error: e?.message ?? String(e), name: e?.name } }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
