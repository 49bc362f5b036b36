// JsSIP without a browser: signs in over a WebSocket, does what the lines on its standard input say, and tells what
// happens, a line for each event. It has no sound: it refuses calls.
//
//     node phone.js wss://localhost:8080/sip-ws 1001 password
'use strict';

// What a browser has; JsSIP refuses calls by itself where it finds no WebRTC.
globalThis.window = { RTCPeerConnection: class {} };
globalThis.WebSocket = require('ws');
const JsSIP = require('jssip');

const [url, extension, password] = process.argv.slice(2);
const say = (...words) => console.log(words.join(' '));
const phone = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface(url)],
  uri: `sip:${extension}@localhost`,
  password,
  register: false,
  register_expires: 60,
  user_agent: `JsSIP ${JsSIP.version}`,
});
let ringing;

phone.on('connected', () => say('connected'));
phone.on('disconnected', (event) => say('disconnected', event.code ?? ''));
phone.on('registered', () => say('registered'));
phone.on('unregistered', () => say('unregistered'));
phone.on('registrationFailed', ({ response }) => say('not registered:', response?.status_code));
phone.on('newRTCSession', ({ session }) => {
  ringing = session;
  session.on('failed', ({ cause }) => say('call ended:', cause));
  say('rings:', session.remote_identity.uri.user);
});

const orders = {
  register: () => phone.register(),
  unregister: () => phone.unregister(),
  refuse: () => ringing.terminate({ status_code: 486 }),
};
require('readline').createInterface({ input: process.stdin }).on('line', (line) => orders[line]());
phone.start();
