# Ruby's mail gem, as Action Mailer and exception_notification use it.
require 'mail'

Mail.defaults do
  delivery_method :smtp, address: ENV['HOST'], port: ENV['PORT'].to_i,
    user_name: ENV['LOGIN'], password: ENV['PASSWORD'], authentication: :login,
    enable_starttls_auto: true, ca_file: ENV['CERT']
end

Mail.deliver do
  from 'app@client.example'
  to 'ops@client.example'
  subject ENV['SUBJECT']
  body File.read(ENV['BODY'], encoding: 'UTF-8')
end
