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

async function charge (order) {
  try {
    await fetch(`http://localhost:9/charge/${order}`)
  } catch (cause) {
    throw new Error(`order ${order} is not paid`, { cause })
  }
}

async function main () {
  for (const order of [4711, 4712, 4713]) {
    await charge(order).catch(report)
  }
  await report(new TypeError('cart is undefined'))
  transport.close()
}

main()
