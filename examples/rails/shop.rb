require 'action_controller/railtie'
require 'action_mailer/railtie'
require 'exception_notification'

class Shop < Rails::Application
  config.eager_load = false
  config.secret_key_base = SecureRandom.hex
  config.logger = Logger.new(nil)
  config.hosts.clear

  config.action_mailer.smtp_settings = { address: 'localhost', port: 2525 }
  config.middleware.use ExceptionNotification::Rack, email: {
    email_prefix: '[shop] ', verbose_subject: false,
    sender_address: 'shop@example.com', exception_recipients: ['ops@example.com']
  }
end

class CartsController < ActionController::Base
  def show
    render plain: { 1 => 'a book' }.fetch(params[:id].to_i)
  end
end

Shop.initialize!
Shop.routes.draw { resources :carts, only: :show }
