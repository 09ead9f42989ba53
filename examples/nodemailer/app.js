const util = require('util')
const nodemailer = require('nodemailer')

const transport = nodemailer.createTransport({ host: 'localhost', port: 2525, pool: true })

function report (err) {
  return transport.sendMail({
    from: 'shop@example.com',
    to: 'ops@example.com',
    subject: `[shop] ${err.name}`,
    text: util.inspect(err) // the stack and its causes, not the message alone
  })
}

function charge (order) {
  const cause = new Error(`no answer from 10.0.0.${order % 7} within 3 s`)
  throw new Error(`order ${order} is not paid`, { cause })
}

async function main () {
  await transport.verify()
  for (const order of [4711, 4712, 4713]) {
    try {
      charge(order)
    } catch (err) {
      await report(err)
    }
  }
  await report(new TypeError('cart is undefined'))
  transport.close()
}

main()
