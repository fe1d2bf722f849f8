"""Lay down the kinds of Covered Information and PRIME's primary purposes (4.4, 6.2)."""

from django.db import migrations
from django.utils import timezone

# key, names, elements (English, Spanish), sensitive, months kept.
CATEGORIES = [
    (
        "account_identity",
        "Who you are",
        "Quién es usted",
        (
            "Your name or business name, your SCE customer account number, your language, and "
            "whether your account is open."
        ),
        (
            "Su nombre o el de su negocio, su número de cuenta de cliente de SCE, su idioma y si "
            "su cuenta está abierta."
        ),
        False,
        84,
    ),
    (
        "contact",
        "How to reach you",
        "Cómo comunicarnos con usted",
        "Your mailing address, e-mail address, telephone number, and how you want to hear from us.",
        (
            "Su dirección postal, correo electrónico, teléfono y cómo prefiere recibir nuestros "
            "mensajes."
        ),
        False,
        84,
    ),
    (
        "service_location",
        "Where you use electricity",
        "Dónde usa la electricidad",
        "Your service address, service account number, meter number, and climate region.",
        (
            "La dirección del servicio, el número de cuenta de servicio, el número del medidor y "
            "la región climática."
        ),
        False,
        84,
    ),
    (
        "interval_usage",
        "Electricity use through the day",
        "Consumo de electricidad durante el día",
        (
            "The kilowatt-hours (kWh) your meter records every 15 or 60 minutes. They are power "
            "you got or power you gave back. We also hold whether each reading was measured or "
            "estimated."
        ),
        (
            "Los kilovatios-hora (kWh) que su medidor anota cada 15 o 60 minutos. Son la luz "
            "que usted recibió o la que dio a la red. También si cada lectura fue medida o "
            "estimada."
        ),
        False,
        60,
    ),
    (
        "tou_usage",
        "Electricity use by time of day and season",
        "Consumo de electricidad por horario y temporada",
        "Your kWh added up by season and by on-peak, mid-peak, off-peak and super-off-peak hours.",
        "Sus kWh sumados por temporada y por horas pico, medias, bajas y muy bajas.",
        False,
        60,
    ),
    (
        "demand",
        "Highest power use",
        "Demanda máxima",
        "The most power, in kilowatts (kW), that a business used at one time in a billing period.",
        (
            "La mayor potencia, en kilovatios (kW), que un negocio usó en un momento del período "
            "de facturación."
        ),
        False,
        60,
    ),
    (
        "billing_history",
        "Bills and payments",
        "Facturas y pagos",
        (
            "Billing periods, PRIME’s charges, and payments or past-due amounts that SCE reports to "
            "us."
        ),
        (
            "Períodos de facturación, los cargos de PRIME y los pagos o saldos vencidos que SCE nos "
            "informa."
        ),
        False,
        60,
    ),
    (
        "rate_schedule",
        "Your rate",
        "Su tarifa",
        "The name of your rate, the dates it applies, and the PRIME product you have.",
        "El nombre de su tarifa, las fechas en que se aplica y el producto de PRIME que tiene.",
        False,
        60,
    ),
    (
        "program_enrollment",
        "Programs you are in",
        "Programas en los que participa",
        (
            "Programs such as CARE, FERA, Medical Baseline, solar billing, demand response, and "
            "energy rebates. Some of these can say something about health or income."
        ),
        (
            "Programas como CARE, FERA, Medical Baseline, paneles solares, respuesta a la "
            "demanda y reembolsos. Algunos pueden decir algo sobre la salud o los ingresos."
        ),
        True,
        60,
    ),
    (
        "generation_export",
        "Power you send to the grid",
        "Energía que usted envía a la red",
        (
            "The kWh your solar panels or battery send to the grid, the size of the system, and its "
            "yearly settlement."
        ),
        (
            "Los kWh que sus paneles solares o batería envían a la red, el tamaño del sistema y su "
            "liquidación anual."
        ),
        False,
        60,
    ),
    (
        "cca_status",
        "Your enrollment with PRIME",
        "Su inscripción en PRIME",
        "Whether you are enrolled, opted out or returned, with the dates.",
        "Si está inscrito, si se dio de baja o si regresó, con las fechas.",
        False,
        84,
    ),
    (
        "privacy_records",
        "Your privacy choices and our records of them",
        "Sus decisiones de privacidad y nuestros registros de ellas",
        (
            "What you allowed or canceled, and who got your information. The notices we sent "
            "you and your downloads. Your questions, disputes or complaints."
        ),
        (
            "Lo que usted autorizó o canceló y quién recibió su información. Los avisos que le "
            "enviamos y sus descargas. Sus preguntas, reclamos o quejas."
        ),
        False,
        120,
    ),
    (
        "portal_security",
        "How this portal is used",
        "Cómo se usa este portal",
        "Sign-ins, the kind of device or browser, and the internet (IP) address.",
        (
            "Los inicios de sesión, el tipo de dispositivo o navegador y la dirección de internet "
            "(IP)."
        ),
        False,
        24,
    ),
]

# key, limb of 4.4, categories, names, words (English, Spanish).
PURPOSES = [
    (
        "bill_power",
        1,
        [
            "account_identity",
            "contact",
            "service_location",
            "interval_usage",
            "tou_usage",
            "demand",
            "billing_history",
            "rate_schedule",
            "program_enrollment",
            "generation_export",
            "cca_status",
        ],
        "Supply your electricity and bill for it",
        "Suministrarle electricidad y cobrarla",
        (
            "We match your meter readings with your rate and work out PRIME’s part of your "
            "bill. Southern California Edison (SCE) gets that part from us and sends you the "
            "bill. We answer your questions about it."
        ),
        (
            "Unimos las lecturas de su medidor con su tarifa y sacamos la parte de PRIME en su "
            "factura. Southern California Edison (SCE) recibe esa parte y le manda la factura. "
            "Respondemos a sus preguntas sobre ella."
        ),
    ),
    (
        "buy_power",
        2,
        ["service_location", "interval_usage", "tou_usage", "demand", "generation_export"],
        "Plan for and buy enough electricity",
        "Planear y comprar suficiente electricidad",
        (
            "We work out how much power our customers will need each hour, and we buy it. Then "
            "we settle accounts with those who run California’s grid."
        ),
        (
            "Calculamos cuánta luz van a usar nuestros clientes cada hora y la compramos. "
            "Después saldamos cuentas con quien opera la red de California."
        ),
    ),
    (
        "run_safely",
        2,
        ["portal_security"],
        "Run this portal and keep your information safe",
        "Operar este portal y proteger su información",
        (
            "We use it to let the right person in, to notice break-in attempts, and to repair what "
            "fails."
        ),
        (
            "La usamos para dejar entrar a la persona correcta, notar intentos de acceso indebido y "
            "reparar fallas."
        ),
    ),
    (
        "meet_legal_duties",
        3,
        [
            "account_identity",
            "contact",
            "billing_history",
            "program_enrollment",
            "cca_status",
            "privacy_records",
        ],
        "Follow the law and orders of the CPUC",
        "Cumplir la ley y las órdenes de la CPUC",
        (
            "We send you the notices the law asks for, and keep the records it asks for. When a "
            "law or an order says so, we report to the California Public Utilities Commission "
            "(CPUC) or another agency."
        ),
        (
            "Le enviamos los avisos y guardamos los registros que pide la ley. Si una ley o una "
            "orden lo manda, informamos a la Comisión de Servicios Públicos de California "
            "(CPUC) o a otra agencia."
        ),
    ),
    (
        "energy_programs",
        4,
        [
            "service_location",
            "interval_usage",
            "tou_usage",
            "rate_schedule",
            "program_enrollment",
            "generation_export",
        ],
        "Plan, run and measure energy programs",
        "Planear, operar y medir programas de energía",
        (
            "We find out which programs would save power or money here. We run them and measure "
            "what they save. They help you use less, or use it at better hours. The contract "
            "for them is with PRIME or the CPUC."
        ),
        (
            "Vemos qué programas ahorrarían luz o dinero aquí. Los operamos y medimos lo que "
            "ahorran. Ayudan a usar menos luz, o a usarla en mejores horas. El contrato de "
            "ellos es con PRIME o con la CPUC."
        ),
    ),
]


def lay_down(apps, schema_editor):
    using = schema_editor.connection.alias
    category, purpose, version = (
        apps.get_model("usage", name) for name in ("Category", "Purpose", "PurposeVersion")
    )
    now = timezone.now()
    category.objects.using(using).bulk_create(
        category(
            key=key,
            position=position,
            name_en=name_en,
            name_es=name_es,
            elements_en=elements_en,
            elements_es=elements_es,
            sensitive=sensitive,
            retention_months=months,
        )
        for position, (
            key,
            name_en,
            name_es,
            elements_en,
            elements_es,
            sensitive,
            months,
        ) in enumerate(CATEGORIES, start=1)
    )
    for key, limb, categories, name_en, name_es, text_en, text_es in PURPOSES:
        laid = purpose.objects.using(using).create(
            key=key, kind="primary", limb=limb, categories=sorted(categories), recorded_at=now
        )
        version.objects.using(using).create(
            purpose=laid,
            number=1,
            name_en=name_en,
            name_es=name_es,
            text_en=text_en,
            text_es=text_es,
            recorded_at=now,
        )


class Migration(migrations.Migration):
    dependencies = [("usage", "0003_disputes_cases_holds_and_aggregates")]
    operations = [migrations.RunPython(lay_down, migrations.RunPython.noop)]
