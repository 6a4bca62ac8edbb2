// Clients of node-postgres that ask and check for a while; prints what they saw as one line. Arguments: port, clients, seconds.
'use strict';
const { Pool } = require('pg');

const [port, clients, seconds] = process.argv.slice(2).map(Number);
const pool = new Pool({ host: '127.0.0.1', port, user: 'bench', database: 'bench', max: clients });
pool.on('error', () => {}); // an idle client was told to go: the pool makes another
const end = Date.now() + seconds * 1000;
const seen = { transactions: 0, wrong: 0, errors: {} };
const took = [];

async function live(number) {
  for (let i = 0; Date.now() < end; i++) {
    await new Promise((done) => setTimeout(done, Math.random() * 400));
    const id = `n${number}i${i}`;
    const start = performance.now();
    try {
      const { rows: [row] } = await pool.query('select $1::text as id', [id]);
      took.push(performance.now() - start);
      seen.transactions++;
      if (row.id !== id) seen.wrong++;
    } catch (e) {
      const key = e.code || e.message;
      seen.errors[key] = (seen.errors[key] || 0) + 1;
    }
  }
}

async function main() {
  await Promise.all(Array.from({ length: clients }, (_, number) => live(number)));
  await pool.end();
  took.sort((a, b) => a - b);
  seen.millis = [50, 99, 99.9].map((percent) => Math.round(took[Math.floor(took.length * percent / 100)] * 10) / 10);
  console.log(JSON.stringify(seen));
}

main();
