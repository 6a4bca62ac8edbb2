// A pool of 20 node-postgres clients; prints what it saw as one line of JSON. Argument: the port.
'use strict';
const { Pool } = require('pg');
const QueryStream = require('pg-query-stream');

const pool = new Pool({
  host: '127.0.0.1', port: Number(process.argv[2]), user: 'bench', database: 'bench', max: 20,
});

async function parameters() {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) =>
    pool.query('select $1::int as n, $2::text as t, $3::jsonb as j', [i, `text ${i}`, { i }])));
  return answers.filter(({ rows: [row] }, i) => row.n === i && row.t === `text ${i}` && row.j.i === i).length;
}

async function transactions() {
  await pool.query('drop table if exists node_rows');
  await pool.query('create table node_rows (id int primary key, v int)');
  await Promise.all(Array.from({ length: 40 }, async (_, i) => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query('insert into node_rows values ($1, $2)', [i, i * 2]);
      await client.query(i % 4 === 0 ? 'rollback' : 'commit');
    } finally {
      client.release();
    }
  }));
  const { rows: [row] } = await pool.query('select count(*)::int as count, sum(v)::int as sum from node_rows');
  return row;
}

async function error() {
  const client = await pool.connect();
  try {
    await client.query('select 1 / $1::int', [0]);
    return 'no error';
  } catch (e) {
    const { rows: [row] } = await client.query('select 7 as n');
    return `${e.code} then ${row.n}`;
  } finally {
    client.release();
  }
}

async function stream() {
  const client = await pool.connect();
  let count = 0;
  let sum = 0;
  for await (const row of client.query(
    new QueryStream('select n from generate_series(1, $1::int) n', [20000], { batchSize: 100 }))) {
    count++;
    sum += row.n;
  }
  client.release();
  return { count, sum };
}

async function main() {
  const seen = {
    parameters: await parameters(), transactions: await transactions(), error: await error(), stream: await stream(),
  };
  seen.clients = pool.totalCount;
  await pool.end();
  console.log(JSON.stringify(seen));
}

main();
