const winston = require('winston')
const { Mail } = require('winston-mail')

const mail = new Mail({
  level: 'error',
  host: 'localhost',
  port: 2525,
  from: 'shop@example.com',
  to: 'ops@example.com',
  subject: '[shop] {{level}}',
  formatter: ({ message, stack }) => stack || message
})
const log = winston.createLogger({
  format: winston.format.errors({ stack: true }),
  transports: [new winston.transports.Console(), mail]
})

for (const order of [4711, 4712, 4713]) {
  log.error(new Error(`order ${order} is not paid`))
}
log.info('ready')
