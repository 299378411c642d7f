package autoconfig

import "slices"

// providers are those that many people have, as their pages of help describe them
// in 2026.
var providers = []Provider{
	{
		ID: "google", Name: "Gmail", Domains: []string{"gmail.com", "googlemail.com"}, MX: []string{"google.com", "googlemail.com"},
		Servers: tokens(served("imap.gmail.com", "smtp.gmail.com")), Advice: AppPassword, Link: "https://myaccount.google.com/apppasswords",
	},
	{
		ID: "microsoft", Name: "Outlook.com",
		Domains: slices.Concat(national("outlook", "com", "de", "fr", "es", "it", "at", "be", "dk", "ie", "jp", "pt"),
			national("hotmail", "com", "de", "fr", "es", "it", "nl", "be", "ch", "se", "dk", "no", "co.uk", "com.br", "com.ar", "co.jp"),
			national("live", "com", "de", "fr", "it", "nl", "be", "at", "se", "dk", "no", "ca", "co.uk", "com.mx"), []string{"msn.com", "passport.com"}),
		MX:      []string{"olc.protection.outlook.com"},
		Servers: tokens(startTLS("outlook.office365.com", "smtp-mail.outlook.com")), Advice: NoPasswords,
	},
	{
		ID: "microsoft365", Name: "Microsoft 365", MX: []string{"mail.protection.outlook.com", "mx.microsoft"},
		Servers: tokens(startTLS("outlook.office365.com", "smtp.office365.com")), Advice: NoPasswords,
	},
	{
		ID: "yahoo", Name: "Yahoo",
		Domains: slices.Concat(national("yahoo", "com", "de", "fr", "it", "es", "ca", "in", "ie", "gr", "pl", "ro", "se", "dk", "no", "co.uk", "co.in", "com.br", "com.ar", "com.mx", "com.au", "co.id"),
			[]string{"ymail.com", "rocketmail.com", "myyahoo.com"}),
		MX: []string{"yahoodns.net"}, Servers: tokens(served("imap.mail.yahoo.com", "smtp.mail.yahoo.com")),
		Advice: AppPassword, Link: "https://login.yahoo.com/account/security",
	},
	{
		ID: "aol", Name: "AOL", Domains: []string{"aol.com", "aol.de", "aol.fr", "aol.co.uk", "aim.com"},
		Servers: tokens(served("imap.aol.com", "smtp.aol.com")), Advice: AppPassword, Link: "https://login.aol.com/account/security",
	},
	{
		ID: "icloud", Name: "iCloud", Domains: []string{"icloud.com", "me.com", "mac.com"}, MX: []string{"mail.icloud.com"},
		Servers: startTLS("imap.mail.me.com", "smtp.mail.me.com"), Advice: AppPassword, Link: "https://account.apple.com",
	},
	{
		ID: "fastmail", Name: "Fastmail", Domains: []string{"fastmail.com", "fastmail.fm", "fastmail.de", "fastmail.net", "fastmail.org", "fastmail.co.uk", "sent.com", "messagingengine.com"},
		MX: []string{"messagingengine.com"}, Servers: served("imap.fastmail.com", "smtp.fastmail.com"),
		Advice: AppPassword, Link: "https://app.fastmail.com/settings/security/apps",
	},
	{
		ID: "gmx", Name: "GMX", Domains: []string{"gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.org", "gmx.info", "gmx.eu", "gmx.biz"}, MX: []string{"emig.gmx.net"},
		Servers: served("imap.gmx.net", "mail.gmx.net"), Advice: Allowance, Link: "https://hilfe.gmx.net/pop-imap/einschalten.html",
	},
	{
		ID: "gmxcom", Name: "GMX", Domains: []string{"gmx.com", "gmx.us", "gmx.co.uk", "gmx.fr", "gmx.es"},
		Servers: served("imap.gmx.com", "mail.gmx.com"), Advice: Allowance, Link: "https://support.gmx.com/pop-imap/toggle.html",
	},
	{
		ID: "webde", Name: "WEB.DE", Domains: []string{"web.de", "email.de"}, MX: []string{"web.de"},
		Servers: served("imap.web.de", "smtp.web.de"), Advice: Allowance, Link: "https://hilfe.web.de/pop-imap/einschalten.html",
	},
	{
		ID: "mailboxorg", Name: "mailbox.org", Domains: []string{"mailbox.org"}, MX: []string{"mailbox.org"},
		Servers: served("imap.mailbox.org", "smtp.mailbox.org"), Advice: SecondFactor, Link: "https://kb.mailbox.org",
	},
	{
		ID: "posteo", Name: "Posteo", Domains: national("posteo", "de", "net", "org", "eu", "at", "ch", "be", "nl", "dk", "fi", "se", "us", "me"), MX: []string{"posteo.de"},
		Servers: served("posteo.de", "posteo.de"), Advice: SecondFactor, Link: "https://posteo.de/help",
	},
	{
		ID: "proton", Name: "Proton Mail", Domains: []string{"proton.me", "protonmail.com", "protonmail.ch", "pm.me"}, MX: []string{"protonmail.ch"},
		Advice: Bridge,
	},
	{
		ID: "tuta", Name: "Tuta", Domains: []string{"tuta.com", "tuta.io", "tutanota.com", "tutanota.de", "tutamail.com", "keemail.me"}, MX: []string{"tutanota.de"},
		Advice: NoPrograms,
	},
	{
		ID: "zoho", Name: "Zoho Mail", Domains: []string{"zoho.com", "zohomail.com"}, MX: []string{"zoho.com", "zohomail.com"},
		Servers: served("imap.zoho.com", "smtp.zoho.com"), Advice: SecondFactor, Link: "https://accounts.zoho.com/home#security/app_password",
	},
	{
		ID: "zohoeu", Name: "Zoho Mail", Domains: []string{"zoho.eu", "zohomail.eu"}, MX: []string{"zoho.eu", "zohomail.eu"},
		Servers: served("imap.zoho.eu", "smtp.zoho.eu"), Advice: SecondFactor, Link: "https://accounts.zoho.eu/home#security/app_password",
	},
	{
		ID: "yandex", Name: "Yandex", Domains: []string{"yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "ya.ru"}, MX: []string{"yandex.net", "yandex.ru"},
		Servers: tokens(served("imap.yandex.com", "smtp.yandex.com")), Advice: AppPassword, Link: "https://id.yandex.com/security/app-passwords",
	},
	{
		ID: "mailru", Name: "Mail.ru", Domains: []string{"mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"}, MX: []string{"mail.ru"},
		Servers: served("imap.mail.ru", "smtp.mail.ru"), Advice: AppPassword, Link: "https://account.mail.ru/user/2-step-auth/passwords",
	},
	{
		ID: "tonline", Name: "T-Online", Domains: []string{"t-online.de", "magenta.de"}, MX: []string{"t-online.de"},
		Servers: served("secureimap.t-online.de", "securesmtp.t-online.de"), Advice: OwnPassword, Link: "https://www.telekom.de/hilfe/apps-dienste/e-mail",
	},
	{
		ID: "ionos", Name: "IONOS", Domains: []string{"online.de", "onlinehome.de"}, MX: []string{"ionos.de", "kundenserver.de"},
		Servers: served("imap.ionos.de", "smtp.ionos.de"),
	},
	{ID: "ionoscom", Name: "IONOS", MX: []string{"ionos.com", "perfora.net"}, Servers: served("imap.ionos.com", "smtp.ionos.com")},
	{ID: "ionosuk", Name: "IONOS", MX: []string{"ionos.co.uk"}, Servers: served("imap.ionos.co.uk", "smtp.ionos.co.uk")},
	{ID: "ovh", Name: "OVHcloud", MX: []string{"mail.ovh.net"}, Servers: served("ssl0.ovh.net", "ssl0.ovh.net")},
	{ID: "gandi", Name: "Gandi", MX: []string{"mail.gandi.net"}, Servers: served("mail.gandi.net", "mail.gandi.net")},
	{ID: "migadu", Name: "Migadu", MX: []string{"migadu.com"}, Servers: served("imap.migadu.com", "smtp.migadu.com")},
	{
		ID: "purelymail", Name: "Purelymail", Domains: []string{"purelymail.com"}, MX: []string{"purelymail.com"},
		Servers: served("imap.purelymail.com", "smtp.purelymail.com"), Advice: SecondFactor, Link: "https://purelymail.com/manage/account",
	},
	{
		ID: "mailfence", Name: "Mailfence", Domains: []string{"mailfence.com"}, MX: []string{"mailfence.com"},
		Servers: served("imap.mailfence.com", "smtp.mailfence.com"), Advice: SecondFactor, Link: "https://kb.mailfence.com",
	},
	{ID: "riseup", Name: "Riseup", Domains: []string{"riseup.net"}, Servers: local(served("mail.riseup.net", "mail.riseup.net"))},
	{ID: "runbox", Name: "Runbox", Domains: []string{"runbox.com", "runbox.no"}, MX: []string{"runbox.com"}, Servers: served("mail.runbox.com", "mail.runbox.com"), Advice: SecondFactor, Link: "https://help.runbox.com"},
	{ID: "freenet", Name: "freenet", Domains: []string{"freenet.de"}, MX: []string{"freenet.de"}, Servers: served("mx.freenet.de", "mx.freenet.de")},
	{ID: "strato", Name: "STRATO", MX: []string{"rzone.de"}, Servers: served("imap.strato.de", "smtp.strato.de")},
	{ID: "infomaniak", Name: "Infomaniak", Domains: []string{"ik.me", "etik.com", "ikmail.com"}, MX: []string{"infomaniak.ch"}, Servers: served("mail.infomaniak.com", "mail.infomaniak.com"), Advice: OwnPassword, Link: "https://www.infomaniak.com/en/support"},
	{ID: "hetzner", Name: "Hetzner", MX: []string{"your-server.de"}, Servers: served("mail.your-server.de", "mail.your-server.de")},
}
