// nodemailer with a pool: several mails over few connections, STARTTLS and AUTH.
const fs = require('fs')
const nodemailer = require(process.env.NODEMAILER)

const transport = nodemailer.createTransport({
  host: process.env.HOST, port: +process.env.PORT, pool: true, maxConnections: 2, requireTLS: true,
  auth: { user: process.env.LOGIN, pass: process.env.PASSWORD },
  tls: { ca: fs.readFileSync(process.env.CERT) }
})
const mail = {
  from: 'app@client.example', to: 'ops@client.example',
  subject: process.env.SUBJECT, text: fs.readFileSync(process.env.BODY, 'utf8')
}
Promise.all([1, 2, 3, 4, 5].map(() => transport.sendMail(mail)))
  .then(() => transport.close())
  .catch(err => { console.error(err); process.exit(1) })
