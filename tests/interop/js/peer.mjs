// A js-libp2p peer that does what it is told: one JSON command per line on standard input,
// one JSON answer per line on standard output.
import { createInterface } from 'node:readline'
import { createHash, randomBytes } from 'node:crypto'
import { createLibp2p } from 'libp2p'
import { quic } from '@chainsafe/libp2p-quic'
import { identify, identifyPush } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'

const seed = new Uint8Array(32)
new TextEncoder().encodeInto(process.argv[2] ?? 'interop', seed)
const node = await createLibp2p({
  privateKey: await generateKeyPairFromSeed('Ed25519', seed),
  addresses: { listen: [process.argv[3] ?? '/ip4/127.0.0.1/udp/0/quic-v1'] },
  transports: [quic()],
  connectionGater: { denyDialMultiaddr: () => false },
  connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 1000 },
  services: { identify: identify(), identifyPush: identifyPush(), ping: ping({ maxOutboundStreams: 32 }) } // by default the next one fails while the last one closes
})

// What a peer serves here: services of the proxy protocol, one of each behaviour.
const seen = { ended: false, identified: null }
const options = { maxInboundStreams: 1024, maxOutboundStreams: 1024 }
node.addEventListener('peer:identify', e => { seen.identified = describe(e.detail) })

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
const commands = {
  async whoami () { return { id: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) } },
  async dial ({ addr }) {
    conn = await node.dial(multiaddr(addr), { signal: AbortSignal.timeout(10000), force: true })
    return { peer: conn.remotePeer.toString(), status: conn.status }
  },
  async connections () { return { list: node.getConnections().map(c => ({ peer: c.remotePeer.toString(), direction: c.direction, status: c.status })) } },
  async take () { conn = node.getConnections().at(-1); return { peer: conn.remotePeer.toString() } },
  async identified () {
    for (let i = 0; seen.identified == null && i < 250; i++) await new Promise(resolve => setTimeout(resolve, 20))
    return seen.identified
  },
  async ping () { return { ms: await node.services.ping.ping(conn.remotePeer, { signal: AbortSignal.timeout(5000) }) } },
  async echo ({ protocol, bytes }) { // sends while it receives
    const stream = await conn.newStream(protocol)
    const data = randomBytes(bytes)
    const back = collect(stream)
    for (let at = 0; at < bytes; at += 65536) if (!stream.send(data.subarray(at, at + 65536))) await stream.onDrain()
    await stream.close()
    return { same: data.equals(await back) }
  },
  async ask ({ protocol, text }) { // half-closes, then reads
    const stream = await conn.newStream(protocol)
    const back = collect(stream) // before the close: whoever listens later misses what has come
    stream.send(Buffer.from(text))
    await stream.close()
    return { text: (await back).toString() }
  },
  async pingpong () { return commands.ask({ protocol: '/pingpong/1.0.0', text: 'ping\n' }) },
  async perf ({ up, down }) {
    const stream = await conn.newStream('/perf/1.0.0')
    const head = Buffer.alloc(8)
    head.writeBigUInt64BE(BigInt(down))
    stream.send(head)
    const back = collect(stream)
    await pour(stream, up)
    return { got: (await back).length }
  },
  async abort ({ protocol, text }) { // resets after the first bytes are through
    const stream = await conn.newStream(protocol)
    stream.send(Buffer.from(text))
    for await (const _ of stream) break
    stream.abort(new Error('abort'))
    return {}
  },
  async seen () { return seen },
  async close () { await conn.close(); return {} },
  async stop () { await node.stop(); setTimeout(() => process.exit(0), 20); return {} }
}
for await (const line of createInterface({ input: process.stdin })) {
  const { cmd, ...rest } = JSON.parse(line)
  let answer
  try { answer = { ok: await commands[cmd](rest) } } catch (e) { answer = { error: e?.message ?? String(e), name: e?.name } }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
