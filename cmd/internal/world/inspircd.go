package world

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"text/template"
)

var inspircdConfig = template.Must(template.New("inspircd").Parse(`
<config format="xml">
<path configdir="{{.Dir}}" datadir="{{.Dir}}" logdir="{{.Dir}}" runtimedir="{{.Dir}}">
<server name="irc.test" description="a throw-away server" network="InspTest">
<admin name="nobody" nick="nobody" email="nobody@irc.test">
<bind address="{{.IP}}" port="{{.Port}}" type="clients">
<bind address="{{.IP}}" port="{{.TLSPort}}" type="clients" sslprofile="world">
<bind address="127.0.0.1" port="{{.Link}}" type="servers">
<sslprofile name="world" provider="gnutls" certfile="{{.Dir}}/cert.pem" keyfile="{{.Dir}}/key.pem">
<connect allow="*" timeout="60" pingfreq="120" localmax="10000" globalmax="10000" maxchans="1000" resolvehostnames="no"
	hardsendq="16M" softsendq="8M" recvq="64K" threshold="100000" commandrate="1000000" fakelag="off"
	{{- with .Password}} password="{{.}}"{{end}}>
<class name="all" commands="*" privs="*">
<insane hostmasks="no">
<limits maxnick="30" maxchan="64" maxmodes="20" maxident="12" maxtopic="390" maxkick="255" maxaway="200" maxline="512">
<performance nouserdns="yes" netbuffersize="10240" softlimit="10000">
<options syntaxhints="no" prefixquit="" defaultmodes="not">
<security hidewhois="" maxtargets="20" userstats="Pu">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="inspircd.log">
<module name="banexception">
<module name="botmode">
<module name="cap">
{{- with .WebIRC}}
<module name="cgiirc">
<cgihost type="webirc" mask="127.*" password="{{.}}">
{{- end}}
<module name="chghost">
<module name="customprefix">
<customprefix name="founder" letter="q" prefix="~" rank="50000" ranktoset="50000">
<customprefix name="admin" letter="a" prefix="&amp;" rank="40000" ranktoset="50000">
<customprefix name="halfop" letter="h" prefix="%" rank="20000" ranktoset="30000">
<module name="hidechans">
<module name="inviteexception">
<module name="ircv3">
<module name="ircv3_accounttag">
<module name="ircv3_batch">
<module name="ircv3_capnotify">
<module name="ircv3_chghost">
<module name="ircv3_ctctags">
<module name="ircv3_echomessage">
<module name="ircv3_invitenotify">
<module name="ircv3_labeledresponse">
<module name="ircv3_msgid">
<module name="ircv3_servertime">
<module name="monitor">
<module name="namesx">
<module name="sasl">
<module name="services_account">
<module name="spanningtree">
<module name="ssl_gnutls">
<module name="sslinfo">
<module name="uhnames">
<link name="services.test" ipaddr="127.0.0.1" port="{{.Link}}" allowmask="127.0.0.1" sendpass="{{.Secret}}" recvpass="{{.Secret}}">
<uline server="services.test" silent="yes">
<sasl target="services.test" requiressl="no">
`))

var athemeConfig = template.Must(template.New("atheme").Parse(`
loadmodule "modules/protocol/inspircd";
loadmodule "modules/backend/opensex";
loadmodule "modules/nickserv/main";
loadmodule "modules/nickserv/ghost";
loadmodule "modules/nickserv/group";
loadmodule "modules/nickserv/identify";
loadmodule "modules/nickserv/info";
loadmodule "modules/nickserv/logout";
loadmodule "modules/nickserv/regain";
loadmodule "modules/nickserv/register";
loadmodule "modules/nickserv/set_core";
loadmodule "modules/nickserv/set_password";
loadmodule "modules/saslserv/main";
loadmodule "modules/saslserv/plain";
serverinfo {
	name = "services.test";
	desc = "throw-away services";
	numeric = "00A";
	recontime = 1;
	netname = "InspTest";
	adminname = "nobody";
	adminemail = "nobody@irc.test";
	registeremail = "nobody@irc.test";
	hidehostsuffix = "users.irc.test";
	mta = "/bin/true";
	loglevel = { admin; error; info; network; };
	maxlogins = 50;
	maxusers = 50;
	mdlimit = 30;
	emaillimit = 1000;
	emailtime = 1;
	auth = none;
	casemapping = rfc1459;
};
uplink "irc.test" {
	host = "127.0.0.1";
	port = {{.Link}};
	send_password = "{{.Secret}}";
	receive_password = "{{.Secret}}";
};
nickserv { nick = "NickServ"; user = "NickServ"; host = "services.test"; real = "Nickname Services"; maxnicks = 50; };
saslserv { nick = "SaslServ"; user = "SaslServ"; host = "services.test"; real = "SASL Services"; };
database { db_save_blocking; };
general { commit_interval = 5; };
`))

// Inspircd starts an InspIRCd with Atheme services linked to it: IRCv3, SASL
// PLAIN, NickServ. It does not slow its users down.
func (w *World) Inspircd(c IRCConfig) (*IRC, error) {
	if err := c.defaults(); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%d", c.IP, c.Port)
	dir, err := w.Folder("inspircd-" + name)
	if err != nil {
		return nil, err
	}
	link, err := FreePort("127.0.0.1")
	if err != nil {
		return nil, err
	}
	if err := w.certify(dir, "irc.test", "localhost", c.IP); err != nil {
		return nil, err
	}
	values := struct {
		IRCConfig
		Dir, Secret string
		Link        int
	}{c, dir, "link", link}
	config, services := filepath.Join(dir, "inspircd.conf"), filepath.Join(dir, "atheme.conf")
	for path, t := range map[string]*template.Template{config: inspircdConfig, services: athemeConfig} {
		var text strings.Builder
		if err := t.Execute(&text, values); err != nil {
			return nil, err
		}
		if err := w.write(path, []byte(text.String())); err != nil {
			return nil, err
		}
	}
	irc := c.server("inspircd")
	irc.Server, err = w.start(program{
		name:  "inspircd-" + name,
		args:  []string{"inspircd", "--nofork", "--nopid", "--config", config},
		dir:   dir,
		ready: answers(irc.Addr, irc.TLSAddr, address("127.0.0.1", link)),
	})
	if err != nil {
		return nil, err
	}
	irc.services, err = w.start(program{
		name:  "atheme-" + name,
		args:  []string{"atheme-services", "-n", "-c", services, "-D", dir, "-l", filepath.Join(dir, "atheme.log"), "-p", filepath.Join(dir, "atheme.pid")},
		dir:   dir,
		ready: irc.servicesLinked,
	})
	return irc, err
}

// servicesLinked is the readiness check of the services: NickServ is there.
func (i *IRC) servicesLinked(ctx context.Context) error {
	u, err := i.User("linkwatch")
	if err != nil {
		return err
	}
	defer u.Close()
	return poll(ctx, often, func() error {
		if err := u.Send("ISON NickServ"); err != nil {
			return err
		}
		line, err := u.Expect("RPL_ISON", func(l Line) bool { return l.Command() == "303" })
		if err != nil {
			return err
		}
		if strings.TrimSpace(line.Param(1)) == "" {
			return fmt.Errorf("NickServ is not there")
		}
		return nil
	})
}

// Register makes an account at NickServ. The account's name is free as a nick
// when Register returns.
func (i *IRC) Register(account, password string) error {
	u, err := i.User(account)
	if err != nil {
		return err
	}
	defer u.Close()
	if err := u.Say("NickServ", "REGISTER "+password+" "+account+"@irc.test"); err != nil {
		return err
	}
	line, err := u.Expect("NickServ's answer", func(l Line) bool {
		return l.Command() == "NOTICE" && strings.HasPrefix(l.Prefix(), "NickServ!") && l.Param(0) == account
	})
	if err != nil {
		return err
	}
	if !strings.Contains(line.Param(1), "is now registered") {
		return fmt.Errorf("register %s: %s", account, line.Param(1))
	}
	return u.Quit()
}

// Services is the program of NickServ and SASL, which can be stopped alone.
func (i *IRC) Services() *Server { return i.services }
