// A pool of 24 node-postgres clients that give their queries names; prints what it saw. Argument: the port.
'use strict';
const { Pool } = require('pg');

const CLIENTS = 24;
const ROUNDS = 60;
const STATEMENTS = 12;

const pool = new Pool({
  host: '127.0.0.1', port: Number(process.argv[2]), user: 'bench', database: 'bench', max: CLIENTS,
});

function query(client, which, value) {
  return client.query({
    name: `statement ${which}`, text: `select $1::int * ${which} + 1 as n, '${which}'::text as t`, values: [value],
  });
}

async function work() {
  const client = await pool.connect();
  let right = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const which = i % STATEMENTS;
    const inTransaction = i % 5 === 0;
    if (inTransaction) {
      await client.query('begin');
    }
    const { rows: [row] } = await query(client, which, i);
    if (inTransaction) {
      await client.query('commit');
    }
    right += row.n === i * which + 1 && row.t === String(which) ? 1 : 0;
  }
  const names = Object.keys(client.connection.parsedStatements).length;
  client.release();
  return { right, names };
}

async function main() {
  const answers = await Promise.all(Array.from({ length: CLIENTS }, work));
  await pool.end();
  const right = answers.reduce((sum, answer) => sum + answer.right, 0);
  const names = answers.every((answer) => answer.names === STATEMENTS);
  console.log(`right ${right} of ${CLIENTS * ROUNDS} prepared ${names}`);
}

main();
