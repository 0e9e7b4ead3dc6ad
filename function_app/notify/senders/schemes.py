"""Which services of Apprise may be used, by the schemes of their addresses.

Those of SECURE send HTTPS requests, or mail over TLS. A test compares the lists with the plug-ins
of the installed version (docs/decisions/0101-services-by-a-list.md).
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SECURE = _names(
    """
    46elks acs apprises atalk awswhatsapp azure bale barks betterstack bluesky brevo bsky bulksms
    bulkvs burstsms chanify clickatell clicksend cliq cm d7sms dingtalk discord dot eight00com elks
    embys enigma2s evolutions exotel feishu firehydrant flock flowtriqs fluxers forms freemobile
    gchat github goalerts gorushs gotifys groundmail groupme guilded gupshup hassios httpsms humhubs
    ifttt ilert incidentio infobip instagram jellyfins jira join jsons kakao kakaotalk kaleyra
    kavenegar klr kodis kook kudosity kumulos lametrics lark lauther lfg line mailersend mailgun
    mailtos mastodons matrixs misskeys mmosts mobilemessage mobilemsg msg91 msgbird nclouds nctalks
    nexmo noticas notifiarr notificos notifyapp notifyre ntfys o365 octopush onebots onesignal
    opsgenie opsimates pagerduty pagertree parseps pbul pinglets pingram pjets plivo postmark pover
    prowl psafers push pushdeers pushed pushplus pushward pushy qq reddit resend revolt ringc
    rockets ryver schan sendgrid sendpulse serwersms ses seven signalgrid signals signl4 simplepush
    sinch slack smsc smseagles smsmanager smsmgr smstunnel smtp2go sns sparkpost spike splunk
    spugpush spush squadcast stackfield strmlabs synologys telesign telnyx tgram threema toots
    trigvs tweet twilio twist twitter viber victorops voipms vonage webex wechat wecom wecombot
    whapi whatsapp workflow workflows wpush wxpusher wxteams x xbmcs xmatters xmls youlmk zalo
    zcliq zohocliq zoom zulip
    """
)

# The same services without TLS: for receivers on this machine alone.
INSECURE = _names(
    """
    apprise bark emby enigma2 evolution flowtriq fluxer form goalert gorush gotify hassio humhub
    jellyfin json kodi lametric mailto mastodon matrix misskey mmost ncloud nctalk notica notifico
    ntfy onebot opsimate parsep pinglet pjet psafer pushdeer rocket signal smseagle synology toot
    trigv xbmc xml
    """
)

# They show or write something on the machine where they run, read files of it, or are not HTTPS.
REFUSED = _names(
    """
    amqp amqps aprs blink1 dapnet dbus deltachat deltachats fcm file gio glib gnome growl irc ircs
    kde macosx memory mqtt mqtts nostr pushme qt rsyslog session sessions sfr smpp smpps sogs syslog
    vapid windows xmpp xmpps
    """
)
